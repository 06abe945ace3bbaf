// The checks of install.sh on hosts made of files, each with one thing wrong: see tests/support/host/bareHost.ts.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BareHost, complaints } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost();
  host.command("uname", "echo x86_64", false);
  host.command(
    "date",
    'case "$*" in +%Y-%m-%d) echo 2026-11-25 ;; *) exec /usr/bin/date "$@" ;; esac',
    false,
  );
});
afterEach(() => host.remove());

/** What a bare host that is ready gets to see, with some of its rows exchanged. */
function table(rows: Record<string, string>): string {
  const all: Record<string, string> = {
    distribution: "ok    distribution  Debian 12 (test)",
    architecture: "ok    architecture  x86_64",
    user: "ok    user          root",
    checkout: `ok    checkout      ${host.checkout}`,
    memory: "ok    memory        8.0 GiB",
    docker: "ok    docker        not there; will be installed",
    ports: "ok    ports         free: 11434",
    ollama: "",
    packages: "ok    packages      there is no npm; will be installed",
    init: "ok    init          systemd",
    cgroups: "ok    cgroups       version 2",
    confinement: "ok    confinement   neither AppArmor nor SELinux is enforced",
    network: "",
    clock: "ok    clock         2026-11-25",
    images: "ok    disk          100 GB free for images and models",
    engine: "ok    disk          100 GB free for engine and builds",
    ...rows,
  };
  const lines = Object.values(all).filter((line) => line !== "");
  return `Checks of this host:\n  ${lines.join("\n  ")}\n`;
}

const REFUSED =
  "This host is not ready, and nothing on it was changed. Mend what is marked FAIL and run this again\n";
const SUPPORTED = "                    -> Use Debian 12 or 13, or Ubuntu 22.04 or 24.04";
const installed = {
  docker: "ok    docker        29.5.1",
  packages: "ok    packages      npm 11.0.0 will install this project's Node packages",
  network:
    "ok    network       answers: none; does not: Pulumi's downloads, container registry, Docker's downloads, Node's downloads",
};
const NOTHING_ANSWERS =
  "Network: reaches package registries only: engine and images are built from source, about 25 minutes the first time on two cores.\n";

const release = (text: string) => host.write("etc/os-release", text);
const nativeOllama = (active: boolean) => {
  host.write("etc/systemd/system/default.target.wants/ollama.service", "");
  host.command("systemctl", `[ "$1" = is-active ] && exit ${active ? 0 : 3}`, false);
};
const another = (service: string) =>
  `or choose another port with aistack:ports: {${service}: PORT} in stacks/Pulumi.minimal.yaml`;

describe("a bare host with one thing wrong: one table, exit 3, nothing installed", () => {
  test.each<[string, () => void, Record<string, string>]>([
    [
      "unsupported distribution",
      () => release('ID=fedora\nVERSION_ID=43\nPRETTY_NAME="Fedora Linux 43"\n'),
      { distribution: `FAIL  distribution  Fedora Linux 43 is not supported\n  ${SUPPORTED}` },
    ],
    [
      "release that is too old",
      () => release('ID=ubuntu\nVERSION_ID="20.04"\nPRETTY_NAME="Ubuntu 20.04.6 LTS"\n'),
      { distribution: `FAIL  distribution  Ubuntu 20.04.6 LTS is not supported\n  ${SUPPORTED}` },
    ],
    [
      "unknown distribution",
      () => rmSync(join(host.root, "etc/os-release")),
      { distribution: `FAIL  distribution  unknown is not supported\n  ${SUPPORTED}` },
    ],
    [
      "architecture",
      () => host.command("uname", "echo riscv64", false),
      {
        architecture:
          "FAIL  architecture  riscv64 is not supported\n                      -> Use a machine with x86_64 or aarch64",
      },
    ],
    [
      "no sudo",
      () => host.withUser(false),
      {
        user: 'FAIL  user          ada is not root, and there is no sudo: needed for installing curl iproute2 nodejs npm Docker\n                      -> Run it as root: su -c "./install.sh"',
      },
    ],
    [
      "sudo with a password and nobody to type it",
      () => host.withUser(false).command("sudo", "exit 1", false),
      {
        user: "FAIL  user          ada may not use sudo, or only with a password that nobody is there to type: needed for installing curl iproute2 nodejs npm Docker\n                      -> Run it on a terminal as a user with sudo, or as root",
      },
    ],
    [
      "low memory",
      () => host.write("proc/meminfo", "MemTotal:        1048576 kB\n"),
      {
        memory:
          "FAIL  memory        1.0 GiB; 2 GiB are needed\n                      -> Give the machine more memory",
      },
    ],
    [
      "port taken by a process",
      () => host.listen(11434, { pid: 812, name: "llama-server" }),
      {
        ports: `FAIL  ports         11434 for ollama is in use by llama-server (pid 812)\n                      -> Stop it, ${another("ollama")}`,
      },
    ],
    [
      "port taken by a service on all addresses",
      () =>
        host.listen(11434, { pid: 90, name: "nginx", unit: "nginx.service", address: "00000000" }),
      {
        ports: `FAIL  ports         11434 for ollama is in use by nginx (pid 90, nginx.service)\n                      -> sudo systemctl disable --now nginx.service, ${another("ollama")}`,
      },
    ],
    [
      "native ollama.service that runs",
      () => {
        nativeOllama(true);
        host.listen(11434, { pid: 812, name: "ollama", unit: "ollama.service" });
      },
      {
        ports: `FAIL  ports         11434 for ollama is in use by ollama (pid 812, ollama.service)\n                      -> sudo systemctl disable --now ollama.service (its models stay in /usr/share/ollama), ${another("ollama")}`,
      },
    ],
    [
      "native ollama.service that will run",
      () => nativeOllama(false),
      {
        ollama:
          "FAIL  ollama        ollama.service is installed on this host and would take port 11434 at the next boot\n                      -> sudo systemctl disable ollama.service (its models stay in /usr/share/ollama)",
      },
    ],
    [
      "disk full",
      () => host.command("df", 'printf "F B U A C M\\nx 1 1 3906250 99%% /\\n"', false),
      {
        images:
          "FAIL  disk          4 GB free for images and models; 5 GB are needed\n                      -> Free some space there: /var/lib/docker (docker system df, df -h)",
        engine: `FAIL  disk          4 GB free for engine and builds; 5 GB are needed\n                      -> Free some space there: ${"HOME"}/.cache/aistack (docker system df, df -h)`,
      },
    ],
    [
      "clock from before the certificates",
      () =>
        host.command("date", 'case "$*" in +%Y) echo 1970 ;; *) echo 1970-01-01 ;; esac', false),
      {
        clock:
          "FAIL  clock         says 1970-01-01, so certificates look invalid\n                      -> Set it: timedatectl set-ntp true, or date --set",
      },
    ],
  ])("%s", async (_name, spoil, rows) => {
    spoil();
    const { code, output, changes } = await host.install(["--yes"]);
    const expected = table(rows).replace("HOME", host.home);
    expect(output).toBe(`${expected}${REFUSED}Log: ${host.home}/.local/state/aistack/install.log`);
    expect(code).toBe(3);
    expect(changes).toEqual([]);
  });
});

describe("a host with Docker and one thing wrong", () => {
  test.each<[string, () => void, Record<string, string>]>([
    [
      "old Docker",
      () => host.withPackages("19.03.15"),
      {
        docker:
          "FAIL  docker        19.03.15 is too old; 20.10 is needed\n                      -> Install Docker 20.10 or newer",
      },
    ],
    [
      "no permission on the socket",
      () =>
        host
          .withPackages()
          .command("docker", "echo 'permission denied while trying to connect' >&2; exit 1", false),
      {
        docker:
          'FAIL  docker        runs, but root may not use it\n                      -> Run "sudo usermod -aG docker root" (members of that group equal root) and then ./install.sh again, or run it as root',
      },
    ],
    [
      "a DOCKER_HOST that does not answer",
      () => {
        host.withPackages();
        rmSync(join(host.folder, "engine"));
      },
      {
        docker:
          "FAIL  docker        tcp://10.0.0.9:2375 (DOCKER_HOST) does not answer\n                      -> Start that engine, or unset DOCKER_HOST",
      },
    ],
    [
      "port taken by somebody's container",
      () => {
        host.withPackages();
        writeFileSync(
          join(host.folder, "containers"),
          "other\t192.168.0.2:11434->11434/tcp\t\nchat\t0.0.0.0:11434->8080/tcp, :::11434->8080/tcp\t\n",
        );
      },
      {
        ports: `FAIL  ports         11434 for ollama is in use by container chat\n                      -> docker stop chat, ${another("ollama")}`,
      },
    ],
    [
      "an npm from before lock files",
      () => host.withPackages().command("npm", "echo 6.14.4", false),
      {
        packages:
          "FAIL  packages      npm 6.14.4 is too old; npm 7 is needed\n                      -> Remove it from the PATH or put a newer one there",
      },
    ],
  ])("%s", async (_name, spoil, rows) => {
    spoil();
    const { code, output, changes } = await host.install(["--yes"], {
      DOCKER_HOST: "tcp://10.0.0.9:2375",
    });
    expect(output).toBe(
      `${table({ ...installed, ...rows })}${NOTHING_ANSWERS}${REFUSED}Log: ${host.home}/.local/state/aistack/install.log`,
    );
    expect(code).toBe(3);
    expect(changes).toEqual([]);
  });
});

describe("checks", () => {
  test("all faults are told at once", async () => {
    release("ID=arch\n");
    host.withUser(false);
    host.write("proc/meminfo", "MemTotal:        1048576 kB\n");
    host.command("uname", "echo armv7l", false);
    host.listen(11434, { pid: 812, name: "ollama" });
    const { code, output } = await host.install();
    const names = complaints(output).map((line) => line.split(" ").slice(0, 2).join(" "));
    expect(names).toEqual([
      "FAIL distribution",
      "FAIL architecture",
      "FAIL user",
      "FAIL memory",
      "FAIL ports",
    ]);
    expect(code).toBe(3);
  });

  test("warnings do not stop it", async () => {
    host.withPackages("20.10.24+dfsg1");
    host.write("proc/meminfo", "MemTotal:        3145728 kB\n");
    host.write("sys/fs/selinux/enforce", "1");
    rmSync(join(host.root, "sys/fs/cgroup"), { recursive: true });
    host.write("sys/fs/cgroup/memory/.keep", "");
    host.command("df", 'printf "F B U A C M\\nx 1 1 9765625 90%% /\\n"', false);
    const { code, output } = await host.install(["--yes"]);
    const disk = "building all from source takes 12 GB -> Free some space there:";
    expect(complaints(output)).toEqual([
      "warn memory 3.0 GiB; below 4 GiB only small models fit -> Give the machine more memory",
      "warn docker 20.10.24+dfsg1; before 28.0.0 the same network can reach ports published on 127.0.0.1 (moby issue 45610) -> Install Docker 29.5.1 or newer from Docker's own repository when its restart suits you",
      "warn cgroups version 1; limits hold, but newer Docker engines drop it -> Boot with systemd.unified_cgroup_hierarchy=1",
      "warn confinement SELinux enforces its rules: containers may be kept from their volumes -> Give Docker its SELinux policy (package container-selinux), or make SELinux permissive",
      `warn disk 10 GB free for images and models; ${disk} /var/lib/docker (docker system df, df -h)`,
      `warn disk 10 GB free for engine and builds; ${disk} ${host.home}/.cache/aistack (docker system df, df -h)`,
    ]);
    expect(code).toBe(0);
  });

  test.each([
    [
      "27.5.1",
      "before 28.0.0 the same network can reach ports published on 127.0.0.1 (moby issue 45610)",
    ],
    ["28.1.1", "before 29.5.1 docker cp may run a container's program as root (CVE-2026-41567)"],
    [
      "28.3.2",
      "before 28.3.3 a reload of firewalld opens ports published on 127.0.0.1 (CVE-2025-54388)",
    ],
    ["29.5.0", "before 29.5.1 docker cp may run a container's program as root (CVE-2026-41567)"],
  ])("what is known against Docker %s is named", async (version, risk) => {
    const { output } = await host.withPackages(version).install(["--check"]);
    expect(complaints(output)).toEqual([
      `warn docker ${version}; ${risk} -> Install Docker 29.5.1 or newer from Docker's own repository when its restart suits you`,
    ]);
  });

  test("the ports are those of the stack's file, and of the profile's services", async () => {
    const stack = (config: string) =>
      writeFileSync(join(host.checkout, "stacks/Pulumi.lab.yaml"), `config:\n${config}`);
    const ports = async () =>
      /^ {2}ok {4}ports +(.*)$/m.exec((await host.install(["--stack", "lab"])).output)?.[1];
    host.listen(11434, { pid: 812, name: "ollama" });
    stack("  aistack:ports: { ollama: 21434 }\n");
    expect(await ports()).toBe("free: 21434");
    stack("  aistack:profile: standard-gpu\n  aistack:ports:\n    ollama: 21434 # ours\n");
    expect(await ports()).toBe("free: 8080, 21434, 3000");
    stack("  aistack:profile: standard-gpu\n  aistack:services: [openwebui]\n");
    expect(await ports()).toBe("free: 3000");
    stack("  aistack:ports: *shared\n");
    expect(await ports()).toBeUndefined();
  });

  test("without --stack, they are those of the only stack of this machine that was created", async () => {
    const create = (stack: string, config: string) => {
      const state = join(host.checkout, ".state/.pulumi/stacks/aistack");
      mkdirSync(state, { recursive: true });
      writeFileSync(join(state, `${stack}.json`), "{}");
      writeFileSync(join(state, `${stack}.json.bak`), "{}");
      writeFileSync(join(host.checkout, `stacks/Pulumi.${stack}.yaml`), `config:\n${config}`);
    };
    const ports = async () => /^ {2}ok {4}ports +(.*)$/m.exec((await host.install([])).output)?.[1];
    create("gpu1", "  aistack:host: { address: gpu1 }\n");
    expect(await ports()).toBe("free: 11434");
    create("lab", "  aistack:ports: { ollama: 21434 }\n");
    expect(await ports()).toBe("free: 21434");
    create("other", "  aistack:ports: { ollama: 31434 }\n");
    expect(await ports()).toBe("free: 11434");
  });

  test("a port that aistack's own container has is free for it, whatever listens there", async () => {
    host.withPackages("29.5.1").listen(11434, { pid: 4, name: "docker-proxy" });
    writeFileSync(
      join(host.folder, "containers"),
      "aistack-ollama\t127.0.0.1:11434->11434/tcp\tours\n",
    );
    nativeOllama(false);
    const { output, code } = await host.install(["--check"]);
    expect(output).toContain("  ok    ports         free: 11434 (aistack's own)\n");
    expect(complaints(output)).toEqual([
      "warn ollama ollama.service is installed on this host and would take port 11434 at the next boot -> sudo systemctl disable ollama.service (its models stay in /usr/share/ollama)",
    ]);
    expect(code).toBe(0);
  });

  test.each<[string, string]>([
    ["0.0.0.0:11430-11440->11430-11440/tcp", "container chat"],
    ["127.0.0.1:80->80/tcp, :::11434-11435->11434-11435/tcp", "container chat"],
    ["80/tcp, [::]:11430-11434->11430-11434/tcp", "container chat"],
    // What meets no other: ports beside it, another address, another protocol, and one that is not published.
    ["0.0.0.0:11430-11433->11430-11433/tcp, 0.0.0.0:11435-11440->11435-11440/tcp", ""],
    ["0.0.0.0:1143->1143/tcp, 0.0.0.0:8080->11434/tcp", ""],
    ["192.168.0.2:11430-11440->11430-11440/tcp", ""],
    ["0.0.0.0:11434->11434/udp", ""],
    ["11430-11440/tcp", ""],
  ])("a container that publishes %s: the port is that of %j", async (ports, holder) => {
    writeFileSync(join(host.folder, "containers"), `chat\t${ports}\t\n`);
    const { output } = await host.withPackages("29.5.1").install(["--check"]);
    expect(complaints(output)).toEqual(
      holder === ""
        ? []
        : [
            `FAIL ports 11434 for ollama is in use by ${holder} -> docker stop chat, ${another("ollama")}`,
          ],
    );
  });

  test.each([
    [{ name: "docker-proxy", unit: "docker.service" }, "docker-proxy (pid 4, docker.service)"],
    [{ name: "docker-proxy" }, "docker-proxy (pid 4)"],
    [{ name: "dockerd", unit: "docker.service" }, "dockerd (pid 4, docker.service)"],
    [{ name: "containerd", unit: "containerd.service" }, "containerd (pid 4, containerd.service)"],
  ])("%j has the port for a container, and is itself nothing to stop", async (process, holder) => {
    host.withPackages("29.5.1").listen(11434, { pid: 4, ...process });
    const { output } = await host.install(["--check"]);
    expect(complaints(output)).toEqual([
      `FAIL ports 11434 for ollama is in use by ${holder} -> Stop the container of Docker's that has it (see: docker ps), ${another("ollama")}`,
    ]);
  });

  test("space is looked for where the engine will keep its data", async () => {
    mkdirSync(join(host.root, "etc/docker"), { recursive: true });
    host.write("etc/docker/daemon.json", '{\n  "data-root": "/srv/docker",\n  "debug": false\n}\n');
    host.command("df", 'printf "F B U A C M\\nx 1 1 3906250 99%% /\\n"', false);
    const { output } = await host.install();
    expect(complaints(output)[0]).toContain(
      "-> Free some space there: /srv/docker (docker system df, df -h)",
    );
  });

  test("--check tells the same, waits for nobody, leaves nothing behind", async () => {
    const { code, output, changes } = await host.install(["--check"]);
    expect(output).toBe(table({}).trimEnd());
    expect(code).toBe(0);
    expect(changes).toEqual([]);
    host.write("proc/meminfo", "MemTotal:        1048576 kB\n");
    expect((await host.install(["--check"])).code).toBe(3);
  });

  test("--json prints the checks as one object", async () => {
    host.write("proc/meminfo", "MemTotal:        1048576 kB\n");
    const { code, output } = await host.install(["--json"]);
    const { time, checks, ...rest } = JSON.parse(output);
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(rest).toEqual({ level: "error", event: "bootstrap.checks", failed: 1, warned: 0 });
    expect(checks).toHaveLength(14);
    expect(checks[0]).toEqual({ status: "ok", name: "distribution", seen: "Debian 12 (test)" });
    expect(checks[4]).toEqual({
      status: "fail",
      name: "memory",
      seen: "1.0 GiB; 2 GiB are needed",
      remedy: "Give the machine more memory",
    });
    expect(code).toBe(3);
  });
});
