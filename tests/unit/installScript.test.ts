// install.sh as a whole, on hosts made of files: see tests/support/host/bareHost.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BareHost } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost();
});
afterEach(() => host.remove());

/** The table's lines that are not "ok", each with its remedy. */
function complaints(output: string): string[] {
  return output
    .replace(/\n +-> /g, " -> ")
    .split("\n")
    .filter((line) => /^ {2}(warn|FAIL) /.test(line))
    .map((line) => line.trim().replace(/ {2,}/g, " "));
}

describe("the command line", () => {
  test("--help tells the options and touches nothing", async () => {
    const { code, output, changes } = await host.install(["--help"]);
    expect(code).toBe(0);
    expect(output).toMatch(/^usage: \.\/install\.sh \[--profile NAME\] \[--stack NAME\]/);
    expect(changes).toEqual([]);
    expect(readdirSync(host.home)).toEqual([]);
  });

  const accepted = "--profile, --stack, --images, --yes, --dry-run, --help";
  test.each([
    [
      ["--profle", "x"],
      `unknown option "--profle". Did you mean "--profile"? Accepted: ${accepted}`,
    ],
    [["gpu"], `unknown option "gpu". Accepted: ${accepted}`],
    [["--stack"], "--stack needs a value. See ./install.sh --help"],
    [
      ["--stack", "a b"],
      '"a b" cannot be a stack\'s name. Use letters, digits, dashes, dots and underscores',
    ],
    [
      ["--images=regstry"],
      '--images cannot be "regstry". Did you mean "registry"? Accepted: auto, registry, archive, build',
    ],
    [
      ["--profile", "minimla"],
      'there is no profile "minimla". Did you mean "minimal"? Accepted: minimal',
    ],
    [
      ["--profile", "../minimal"],
      'there is no profile "../minimal". Did you mean "minimal"? Accepted: minimal',
    ],
  ])("%j is told in one message, exit 2", async (args, message) => {
    const { code, output, changes } = await host.install(args);
    expect(output).toBe(`install.sh: ${message}`);
    expect(code).toBe(2);
    expect(changes).toEqual([]);
  });
});

describe("a host that is not ready", () => {
  const release = (text: string) => host.write("etc/os-release", text);
  const supported = "Use Debian 12 or 13, or Ubuntu 22.04 or 24.04";

  test.each<[string, () => void, string]>([
    [
      "unsupported distribution",
      () => release('ID=fedora\nVERSION_ID=43\nPRETTY_NAME="Fedora Linux 43"\n'),
      `FAIL distribution Fedora Linux 43 is not supported -> ${supported}`,
    ],
    [
      "release that is too old",
      () => release('ID=ubuntu\nVERSION_ID="20.04"\nPRETTY_NAME="Ubuntu 20.04.6 LTS"\n'),
      `FAIL distribution Ubuntu 20.04.6 LTS is not supported -> ${supported}`,
    ],
    [
      "no os-release",
      () => rmSync(join(host.root, "etc/os-release")),
      `FAIL distribution unknown is not supported -> ${supported}`,
    ],
    [
      "architecture",
      () => host.command("uname", "echo riscv64", false),
      "FAIL architecture riscv64 is not supported -> Use a machine with x86_64 or aarch64",
    ],
    [
      "no sudo",
      () => host.withUser(false),
      'FAIL user ada is not root, and there is no sudo: needed for installing curl iproute2 docker.io iptables nodejs npm -> Run it as root: su -c "./install.sh"',
    ],
    [
      "sudo with a password and nobody to type it",
      () => host.withUser(false).command("sudo", "exit 1", false),
      "FAIL user ada may not use sudo, or only with a password that nobody is there to type: needed for installing curl iproute2 docker.io iptables nodejs npm -> Run it on a terminal as a user with sudo, or as root",
    ],
    [
      "memory",
      () => host.write("proc/meminfo", "MemTotal:        1048576 kB\n"),
      "FAIL memory 1.0 GiB; 2 GiB are needed -> Give the machine more memory",
    ],
    [
      "clock",
      () =>
        host.command("date", 'case "$*" in +%Y) echo 1970 ;; *) echo 1970-01-01 ;; esac', false),
      "FAIL clock says 1970-01-01, so certificates look invalid -> Set it: timedatectl set-ntp true, or date --set",
    ],
    [
      "old Docker",
      () => host.withPackages("19.03.15"),
      "FAIL docker 19.03.15 is too old; 20.10 is needed -> Install Docker 20.10 or newer",
    ],
    [
      "no permission on the socket",
      () =>
        host
          .withPackages()
          .command("docker", "echo 'permission denied while trying to connect' >&2; exit 1", false),
      'FAIL docker runs, but root may not use it -> Run "sudo usermod -aG docker root" (members of that group equal root) and then ./install.sh again, or run it as root',
    ],
    [
      "an npm from before lock files",
      () => host.withPackages().command("npm", "echo 6.14.4", false),
      "FAIL packages npm 6.14.4 is too old; npm 7 is needed -> Remove it from the PATH or put a newer one there",
    ],
  ])("%s", async (_name, spoil, complaint) => {
    spoil();
    const { code, output, changes } = await host.install(["--yes"]);
    expect(complaints(output)).toEqual([complaint]);
    expect(output).toContain("This host is not ready, and nothing on it was changed.");
    expect(code).toBe(3);
    expect(changes).toEqual([]);
  });

  test("a full disk, where Docker keeps its data and in the cache", async () => {
    host.command("df", 'printf "F B U A C M\\nx 1 1 3906250 99%% /\\n"', false);
    const { code, output, changes } = await host.install(["--yes"]);
    const cache = join(host.home, ".cache/aistack");
    expect(complaints(output)).toEqual([
      "FAIL disk 4 GB free for images and models; 5 GB are needed -> Free some space there: /var/lib/docker (docker system df, df -h)",
      `FAIL disk 4 GB free for engine and builds; 5 GB are needed -> Free some space there: ${cache} (docker system df, df -h)`,
    ]);
    expect(code).toBe(3);
    expect(changes).toEqual([]);
  });

  test("all faults are told at once", async () => {
    release("ID=arch\n");
    host.withUser(false);
    host.write("proc/meminfo", "MemTotal:        1048576 kB\n");
    host.command("uname", "echo armv7l", false);
    const { code, output } = await host.install();
    const names = complaints(output).map((line) => line.split(" ").slice(0, 2).join(" "));
    expect(names).toEqual(["FAIL distribution", "FAIL architecture", "FAIL user", "FAIL memory"]);
    expect(code).toBe(3);
  });

  test("warnings do not stop it", async () => {
    host.withPackages();
    host.write("proc/meminfo", "MemTotal:        3145728 kB\n");
    rmSync(join(host.root, "sys/fs/cgroup"), { recursive: true });
    host.write("sys/fs/cgroup/memory/.keep", "");
    host.command("df", 'printf "F B U A C M\\nx 1 1 9765625 90%% /\\n"', false);
    const { code, output } = await host.install(["--yes"]);
    const names = complaints(output).map((line) => line.split(" ").slice(0, 2).join(" "));
    expect(names).toEqual(["warn memory", "warn cgroups", "warn disk", "warn disk"]);
    expect(code).toBe(0);
  });
});

describe("the network", () => {
  const answering = (pattern: string) =>
    host
      .withPackages()
      .command("curl", `case "$*" in ${pattern}) exit 0 ;; *) exit 6 ;; esac`, false);
  const line = (output: string) => output.split("\n").find((text) => text.startsWith("Network: "));

  test.each([
    [
      "nothing",
      "none",
      [],
      "reaches package registries only: engine and images are built from source, about 25 minutes the first time on two cores (answering: Pulumi's downloads no, container registry no, Docker's downloads no, Node's downloads no).",
    ],
    [
      "everything",
      "*",
      [],
      "nothing has to be built (answering: Pulumi's downloads yes, container registry yes, Docker's downloads yes, Node's downloads yes).",
    ],
    [
      "everything, and builds are asked for",
      "*",
      ["--images", "build"],
      "the engine is downloaded, images are built from source, about 12 minutes the first time on two cores (answering: Pulumi's downloads yes, container registry yes, Docker's downloads yes, Node's downloads yes).",
    ],
    [
      "the registry alone",
      "*registry-1*",
      [],
      "the engine is built from source, about 13 minutes the first time on two cores (answering: Pulumi's downloads no, container registry yes, Docker's downloads no, Node's downloads no).",
    ],
  ])("%s answers", async (_name, pattern, args, told) => {
    answering(pattern);
    const { code, output } = await host.install(["--yes", ...args]);
    expect(line(output)).toBe(`Network: ${told}`);
    expect(code).toBe(0);
  });

  test("a network that swallows packets costs five seconds, not twenty", async () => {
    host.withPackages().command("curl", "sleep 60", false);
    const { output, milliseconds } = await host.install(["--yes"]);
    expect(line(output)).toContain("reaches package registries only");
    expect(milliseconds).toBeGreaterThan(4_500);
    expect(milliseconds).toBeLessThan(9_000);
  }, 30_000);
});

describe("installing", () => {
  const apt =
    "apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold";
  const npmCi =
    "npm ci --loglevel=error --ignore-scripts --no-audit --no-fund --include=dev --include=optional";

  test("on a bare host: packages, Docker, Node, then aistack with the options", async () => {
    const { code, output, changes } = await host.install([
      "--profile=minimal",
      "--stack",
      "lab",
      "-y",
    ]);
    expect(output).toMatch(/\nLog: .*install\.log$/);
    expect(changes).toEqual([
      `${apt} update`,
      "dpkg --configure -a",
      "dpkg --audit",
      `${apt} install --yes --no-install-recommends --no-remove curl iproute2 docker.io iptables nodejs npm`,
      "systemctl enable --now docker",
      npmCi,
      "aistack install --profile minimal --stack lab --yes",
    ]);
    expect(code).toBe(0);
  });

  test("where the docker command is a package of its own, that comes too", async () => {
    host.command("apt-cache", "echo '  Candidate: 26.1.5+dfsg1-9'", false);
    const { changes } = await host.install(["--yes"]);
    expect(changes[3]).toMatch(/ curl iproute2 docker\.io iptables nodejs npm docker-cli$/);
  });

  test("packages that a killed installation left half-done are mended first", async () => {
    host.write("dpkg-audit", "The following packages are only half configured: npm\n");
    const { changes } = await host.install(["--yes"]);
    expect(changes[3]).toBe(`${apt} --fix-broken install --yes --no-install-recommends`);
    expect(changes[4]).toMatch(/ install .* curl iproute2 docker\.io iptables nodejs npm$/);
  });

  test("a second run asks neither network nor packages, and leaves the packages alone", async () => {
    await host.install(["--yes"]);
    mkdirSync(join(host.home, ".cache/aistack/artifacts/pulumi-home-0123456789abcdef"), {
      recursive: true,
    });
    writeFileSync(join(host.folder, "images"), "0a1b2c\n");
    host.command("curl", "exit 6");
    const { code, changes, output } = await host.install(["--yes"]);
    expect(changes).toEqual(["aistack install --yes"]);
    expect(output).not.toContain("Network:");
    expect(code).toBe(0);
  });

  test("other packages in the lock file are installed", async () => {
    await host.install(["--yes"]);
    writeFileSync(join(host.checkout, "package-lock.json"), "{}");
    const { changes } = await host.install(["--yes"]);
    expect(changes).toEqual([npmCi, "aistack install --yes"]);
  });

  test("an npm that fails is told by its errors, and the next run begins again", async () => {
    host.withPackages();
    const npm = readFileSync(join(host.folder, "later/npm"), "utf8").replace("#!/bin/sh\n", "");
    host.command(
      "npm",
      `[ "$1" = --version ] && echo 11.0.0 || { echo noise; echo "npm error 404 gone"; exit 1; }`,
      false,
    );
    const failed = await host.install(["--yes"]);
    expect(failed.output).toContain("    npm error 404 gone");
    expect(failed.output).not.toContain("noise");
    expect(failed.output).toContain(
      "npm could not install the packages. Mend what it says above and run this again",
    );
    expect(failed.code).toBe(1);
    host.command("npm", npm, false);
    expect((await host.install(["--yes"])).changes).toEqual([npmCi, "aistack install --yes"]);
  });

  test("a Node that is too old for the packages only fetches a newer npm", async () => {
    host.withPackages().command("node", "echo v18.19.0", false);
    const npm = join(host.folder, "npm-cli");
    // What the old npm fetches: a Node that runs npm's script, which tells that it was called.
    const machine = process.arch === "arm64" ? "arm64" : "x64";
    host.command(
      "npm",
      `[ "$1" = --version ] && echo 9.2.0 && exit
      echo "npm $*" >>"${host.folder}/calls"
      mkdir -p node_modules/node-linux-${machine}/bin node_modules/npm/bin
      touch node_modules/npm/bin/npm-cli.js
      printf '#!/bin/sh\\n[ "$1" = --version ] || { shift; echo "newer npm $*" >>"${host.folder}/calls"; }\\nmkdir -p node_modules/.bin; cp "$0" node_modules/.bin/node\\n' >node_modules/node-linux-${machine}/bin/node
      chmod +x node_modules/node-linux-${machine}/bin/node`,
      false,
    );
    const { code, changes } = await host.install(["--yes"]);
    expect(changes).toEqual([npmCi, `newer ${npmCi}`, "aistack install --yes"]);
    expect(code).toBe(0);
    expect(existsSync(npm)).toBe(false);
  });

  test("its exit code is that of aistack", async () => {
    host.withPackages();
    writeFileSync(
      join(host.checkout, "aistack"),
      "#!/bin/sh\necho told; echo warned >&2; exit 4\n",
    );
    const { code, output } = await host.install([]);
    expect(output).toContain("told\n");
    expect(output).toContain("warned\n");
    expect(code).toBe(4);
  });

  test("a dry run installs nothing, and tells what it would", async () => {
    const { code, output, changes } = await host.install(["--dry-run"]);
    expect(output).toContain(
      "Would install: curl iproute2 docker.io iptables nodejs npm.\nWould start Docker.\n",
    );
    expect(code).toBe(4);
    expect(changes).toEqual([]);
  });

  test("a dry run on a host that has everything is aistack's", async () => {
    const { changes } = await host.withPackages().install(["--dry-run"]);
    expect(changes).toEqual([npmCi, "aistack install --dry-run"]);
  });
});

describe("Docker", () => {
  test("is started directly where there is no systemd, whatever an old pid file says", async () => {
    host.withPackages();
    rmSync(join(host.folder, "engine"));
    rmSync(join(host.root, "run/systemd"), { recursive: true });
    // A process that is alive, but no engine: this one.
    host.write("run/docker.pid", String(process.pid));
    const { code, output, changes } = await host.install(["--yes"]);
    expect(output).toContain(
      "Docker does not run, and there is no systemd: starting dockerd in the background",
    );
    expect(changes[0]).toBe("dockerd ");
    expect(existsSync(join(host.root, "run/docker.pid"))).toBe(false);
    expect(code).toBe(0);
  });

  test("that runs is neither restarted nor installed again", async () => {
    const { output, changes } = await host.withPackages("20.10.24+dfsg1").install(["--yes"]);
    expect(output).toMatch(/ok +docker +20\.10\.24\+dfsg1/);
    expect(changes.filter((call) => /docker|systemctl|apt/.test(call))).toEqual([]);
  });

  test("that DOCKER_HOST names and that does not answer is not replaced by another", async () => {
    host.withPackages();
    rmSync(join(host.folder, "engine"));
    const { code, output, changes } = await host.install(["--yes"], {
      DOCKER_HOST: "tcp://10.0.0.9:2375",
    });
    expect(complaints(output)).toEqual([
      "FAIL docker tcp://10.0.0.9:2375 (DOCKER_HOST) does not answer -> Start that engine, or unset DOCKER_HOST",
    ]);
    expect(code).toBe(3);
    expect(changes).toEqual([]);
  });

  test("that was installed by a user's sudo is made usable for that user, in the same run", async () => {
    host.withUser(true);
    const engine = join(host.folder, "engine");
    host.later(
      "docker",
      `[ -e "${engine}" ] || { echo down >&2; exit 1; }
      [ -n "$AISTACK_JOINED_GROUP" ] || { echo "permission denied" >&2; exit 1; }
      [ "$1" != version ] || cat "${engine}"`,
      false,
    );
    host.command("usermod", "exit 0");
    const { code, output, changes } = await host.install(["--yes", "--stack", "lab"]);
    expect(output).toContain(
      "ada joins the group docker, whose members equal root, from the next login on (to undo it: sudo gpasswd -d ada docker).",
    );
    expect(changes).toContain("usermod -aG docker ada");
    expect(changes.at(-1)).toBe("aistack install --stack lab --yes");
    expect(code).toBe(0);
    // One log for both halves.
    const log = readFileSync(join(host.home, ".local/state/aistack/install.log"), "utf8");
    expect(log.match(/^# /gm)).toHaveLength(2);
  });
});

describe("log and lock", () => {
  test("everything is in a log that only its owner reads; the one before it stays", async () => {
    host.withPackages();
    const first = await host.install(["--yes"], { XDG_STATE_HOME: join(host.folder, "state") });
    const log = join(host.folder, "state/aistack/install.log");
    expect(first.output).toMatch(new RegExp(`\\nLog: ${log}$`));
    expect(statSync(log).mode & 0o777).toBe(0o600);
    const text = readFileSync(log, "utf8");
    expect(text).toMatch(/^# \d{4}-\d\d-\d\dT.* install\.sh --yes\n/);
    expect(text).toContain("Checks of this host:\n");
    await host.install([], { XDG_STATE_HOME: join(host.folder, "state") });
    expect(readFileSync(`${log}.1`, "utf8")).toBe(text);
  });

  test("where no folder can be made for it, the log is a temporary file", async () => {
    const { code, output } = await host
      .withPackages()
      .install(["--yes"], { XDG_STATE_HOME: "/dev/null/x", TMPDIR: host.folder });
    const log = /\nLog: (.*)$/.exec(output)?.[1] ?? "";
    expect(log.startsWith(join(host.folder, "aistack-install."))).toBe(true);
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(code).toBe(0);
  });

  test("HOME need not be set", async () => {
    host.withPackages().command("getent", `echo "root:x:0:0:root:${host.home}:/bin/bash"`, false);
    const { code, output } = await host.install(["--yes"], { HOME: "" });
    expect(output).toContain(`Log: ${host.home}/.local/state/aistack/install.log`);
    expect(code).toBe(0);
  });

  test("a second installation waits for the first, and says so", async () => {
    host.withPackages();
    const state = join(host.home, ".local/state/aistack");
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, "install.lock"), "4711\n");
    const holder = spawn("flock", [join(state, "install.lock"), "sh", "-c", "echo held; cat"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    await once(holder.stdout, "data");
    const waiting = host.install(["--yes"]);
    let ended = false;
    void waiting.then(() => {
      ended = true;
    });
    await sleep(1_000);
    expect(ended).toBe(false);
    holder.stdin.end();
    const { code, output } = await waiting;
    expect(output).toMatch(
      /^Another installation \(process 4711\) is running: waiting until it has ended\.\n/,
    );
    expect(code).toBe(0);
  });
});
