// The checks of a stack's host that is another machine, on hosts made of files: see tests/support/host/bareHost.ts.
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hostChecksCommand, parseHostChecks } from "../../host/hostChecks";
import type { Check } from "../../plan/doctorCheck";
import type { ServicePlan } from "../../plan/plan";
import { BareHost } from "../support/host/bareHost";

const ROOT = resolve(import.meta.dirname, "../..");
const NOW = new Date("2026-11-25T12:00:00Z");

let host: BareHost;
beforeEach(() => {
  host = new BareHost().withPackages();
  host.command("uname", "echo x86_64", false);
  const [engine, containers, images] = ["engine", "containers", "images"].map((name) =>
    join(host.folder, name),
  );
  host.command(
    "docker",
    `[ -e "${engine}" ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }
    for last; do :; done
    case "$*" in
      *version*) cat "${engine}" ;;
      *"image inspect"*) exec grep -qsFx "$last" "${images}" ;;
      *info*) echo /var/lib/docker ;;
      *ps*) cat "${containers}" 2>/dev/null ;;
    esac
    exit 0`,
    false,
  );
  clock(3);
});
afterEach(() => host.remove());

/** A clock that is ahead of the machine that asks. */
const clock = (seconds: number) =>
  host.command(
    "date",
    `case "$*" in +%Y) echo 2026 ;; +%Y-%m-%d) echo 2026-11-25 ;; +%s) echo ${NOW.getTime() / 1000 + seconds} ;; *) exec /usr/bin/date "$@" ;; esac`,
    false,
  );

/** A disk with two gigabytes left. */
const fillDisk = () =>
  host.command(
    "df",
    'printf "F 1024-blocks Used Available Capacity M\\nx 1 1 1953125 1%% /\\n"',
    false,
  );

const services = [
  {
    name: "ollama",
    image: { registryName: "ollama/ollama:1", builtName: "aistack.invalid/ollama:1" },
    variants: {},
    container: { ports: [{ ip: "127.0.0.1", external: 11434, protocol: "tcp" }] },
  },
] as unknown as ServicePlan[];

/** The checks as they are sent, by a shell on that host. */
async function check(): Promise<{ checks: Check[]; changes: readonly string[] }> {
  const access = { dockerHost: "", ssh: undefined, sshOptions: undefined };
  const { command, stdin = "" } = hostChecksCommand(ROOT, "lab", { services }, access, NOW);
  const script = join(host.folder, "sent");
  writeFileSync(script, stdin);
  const sent = ["-c", `${command} <"${script}"`];
  const { code, output, changes } = await host.run("/bin/sh", sent, { AISTACK_ROOT: host.root });
  expect(code, output).toBe(0);
  return { checks: parseHostChecks(output), changes };
}

const row = (state: Check["state"], name: string, detail: string, fix: string | null = null) => ({
  name,
  state,
  detail,
  fix,
});
const FINE = [
  row("ok", "distribution", "Debian 12 (test)"),
  row("ok", "architecture", "x86_64"),
  row("ok", "user", "root"),
  row("ok", "memory", "8.0 GiB"),
  row("ok", "packages", "curl and ss"),
  row("ok", "docker", "29.5.1"),
  row("ok", "ports", "free: 11434"),
  row("ok", "init", "systemd"),
  row("ok", "cgroups", "version 2"),
  row("ok", "confinement", "neither AppArmor nor SELinux is enforced"),
  row("ok", "network", "answers: none; does not: container registry"),
  row("ok", "clock", "2026-11-25, as the machine that aistack runs on says"),
  row("ok", "disk", "100 GB free for images and models"),
];

test("a host that is ready: one table, and nothing is changed there", async () => {
  expect(await check()).toEqual({ checks: FINE, changes: [] });
});

test("its engine is the one that its docker command finds, as over SSH", async () => {
  host.command(
    "docker",
    'case "$1" in version) echo 29.5.1 ;; info) echo /srv/docker ;; ps) ;; *) exit 1 ;; esac',
    false,
  );
  expect(await check()).toEqual({ checks: FINE, changes: [] });
});

test("once the stack is there, no registry is asked, and little space is enough", async () => {
  writeFileSync(join(host.folder, "containers"), "ollama\t127.0.0.1:11434->11434/tcp\tours\n");
  writeFileSync(join(host.folder, "images"), "aistack.invalid/ollama:1\n");
  fillDisk();
  const changed = [
    row("ok", "ports", "free: 11434 (aistack's own)"),
    row("ok", "disk", "2 GB free for images and models"),
  ];
  expect((await check()).checks).toEqual(
    FINE.filter(({ name }) => name !== "network").map(
      (fine) => changed.find(({ name }) => name === fine.name) ?? fine,
    ),
  );
});

describe("one thing wrong", () => {
  test.each<[string, () => void, Check]>([
    [
      "distribution",
      () => host.write("etc/os-release", 'ID=fedora\nVERSION_ID=43\nPRETTY_NAME="Fedora 43"\n'),
      row(
        "failed",
        "distribution",
        "Fedora 43 is not supported",
        "Use Debian 12 or 13, or Ubuntu 22.04 or 24.04",
      ),
    ],
    [
      "no curl",
      () => host.without("curl"),
      row(
        "failed",
        "packages",
        "curl is not there",
        "On that host: sudo apt-get install curl iproute2",
      ),
    ],
    [
      "no ss",
      () => host.without("ss"),
      row(
        "warning",
        "packages",
        "ss is not there, so a port that is taken is not seen",
        "On that host: sudo apt-get install iproute2",
      ),
    ],
    [
      "a disk that has room for another service's image alone",
      () => {
        writeFileSync(join(host.folder, "images"), "aistack.invalid/openwebui:1\n");
        fillDisk();
      },
      row(
        "failed",
        "disk",
        "2 GB free for images and models; 5 GB are needed",
        "Free some space there: /var/lib/docker (docker system df, df -h)",
      ),
    ],
    [
      "no Docker",
      () => host.without("docker").without("dockerd"),
      row(
        "failed",
        "docker",
        "not there",
        "On that host: sudo apt-get install docker.io, or install it from Docker's own repository",
      ),
    ],
    [
      "Docker that does not run",
      () => rmSync(join(host.folder, "engine")),
      row("failed", "docker", "does not run", "On that host: sudo systemctl enable --now docker"),
    ],
    [
      "Docker that is not this user's",
      () => {
        host.withUser(false);
        host.command("docker", "echo permission denied >&2; exit 1", false);
      },
      row(
        "failed",
        "docker",
        "runs, but ada may not use it",
        "On that host: sudo usermod -aG docker ada (members of that group equal root), or set another aistack:host user",
      ),
    ],
    [
      "old Docker",
      () => host.withPackages("19.3.1"),
      row(
        "failed",
        "docker",
        "19.3.1 is too old; 20.10 is needed",
        "Install Docker 20.10 or newer",
      ),
    ],
    [
      "a port that is taken",
      () => host.listen(11434, { pid: 77, name: "ollama", unit: "ollama.service" }),
      row(
        "failed",
        "ports",
        "11434 for ollama is in use by ollama (pid 77, ollama.service)",
        "sudo systemctl disable --now ollama.service (its models stay in /usr/share/ollama), or choose another port with aistack:ports: {ollama: PORT} in stacks/Pulumi.lab.yaml",
      ),
    ],
    [
      "a disk that is full",
      () => fillDisk(),
      row(
        "failed",
        "disk",
        "2 GB free for images and models; 5 GB are needed",
        "Free some space there: /var/lib/docker (docker system df, df -h)",
      ),
    ],
    [
      "a clock that is off",
      () => clock(-600),
      row(
        "warning",
        "clock",
        "600 s behind the machine that aistack runs on",
        "Set it: timedatectl set-ntp true, or date --set",
      ),
    ],
    [
      "a user without root's rights",
      () => host.withUser(false),
      row(
        "warning",
        "user",
        "ada may not become root without a password",
        "Only the agent and the rest of what lies on the host itself need it: allow that with sudo, or set another aistack:host user",
      ),
    ],
  ])("%s", async (_what, make, expected) => {
    make();
    const { checks, changes } = await check();
    expect(checks.filter(({ name }) => name === expected.name)).toEqual([expected]);
    expect(changes).toEqual([]);
  });
});

test("what another machine tells cannot act upon the terminal", () => {
  const checks = [{ status: "fail", name: "distribution", seen: "\u001b[2Jevil" }];
  expect(parseHostChecks(JSON.stringify({ checks }))).toEqual([
    row("failed", "distribution", "\\u001b[2Jevil", ""),
  ]);
});
