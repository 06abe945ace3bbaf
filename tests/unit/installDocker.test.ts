// What install.sh does about Docker, on hosts made of files: see tests/support/host/bareHost.ts.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { APT, APT_INSTALL, BareHost, complaints, WITHOUT_HOST } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost();
});
afterEach(() => host.remove());

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
    expect(output).toMatch(/warn +docker +20\.10\.24\+dfsg1/);
    expect(changes.filter((call) => /docker|systemctl|apt/.test(call))).toEqual([]);
  });

  test("from the distribution: where the docker command is a package of its own, that comes too", async () => {
    host.command("apt-cache", "echo '  Candidate: 26.1.5+dfsg1-9'", false);
    const { changes } = await host.install(["--yes"]);
    expect(changes).toContain(`${APT_INSTALL} docker.io docker-cli iptables`);
  });

  describe("that was installed by a user's sudo", () => {
    beforeEach(() => {
      host.withUser(true);
      const engine = join(host.folder, "engine");
      host.later(
        "docker",
        `${WITHOUT_HOST}
        [ -e "${engine}" ] || { echo down >&2; exit 1; }
        [ -n "$AISTACK_JOINED_GROUP$SUDO_USER" ] || { echo "permission denied" >&2; exit 1; }
        case "$1" in version) cat "${engine}" ;; ps) cat "${host.folder}/containers" ;; esac`,
        false,
      );
      host.command("usermod", "exit 0");
    });

    test("is made usable for that user, in the same run", async () => {
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

    describe("a second run in the same login", () => {
      const again = async (containers: string) => {
        await host.install(["--yes"]);
        host.listen(11434, { pid: 4, name: "docker-proxy", unit: "docker.service" });
        writeFileSync(join(host.folder, "containers"), containers);
        return host.install(["--yes"]);
      };

      test("finds aistack's own container on its port", async () => {
        const { code, output, changes } = await again(
          "aistack-ollama\t127.0.0.1:11434->11434/tcp\tours\n",
        );
        expect(output).toContain("  ok    docker        runs; ada will be let use it\n");
        expect(output).toContain("  ok    ports         free: 11434 (aistack's own)\n");
        // Nobody is asked for a password to look.
        expect(changes[0]).toMatch(
          /^sudo -n timeout 10 docker --host unix:\/\/\/var\/run\/docker\.sock ps /,
        );
        expect(changes.at(-1)).toBe("aistack install --yes");
        expect(code).toBe(0);
      });

      test("tells whose container has it, and what may stop it", async () => {
        const { code, output } = await again("chat\t127.0.0.1:11434->8080/tcp\t\n");
        expect(complaints(output)).toEqual([
          "FAIL ports 11434 for ollama is in use by container chat -> sudo docker stop chat, or choose another port with aistack:ports: {ollama: PORT} in stacks/Pulumi.minimal.yaml",
        ]);
        expect(code).toBe(3);
      });
    });
  });

  describe("is asked at the address that aistack takes, not where the docker command would", () => {
    /** A docker command that answers for the engine at this address, and for the one of its context is too old. */
    const answersAt = (address: string) =>
      host.command(
        "docker",
        `[ "$1" != --host ] || { address=$2; shift 2; }
        echo "$1 $address" >>"${host.folder}/asked"
        if [ "$address" = "${address}" ]; then version=29.5.1; else version=19.3.1; fi
        case "$1" in version) echo $version ;; info) echo /srv/$version ;; ps) echo db ;; image) echo 0a1b2c ;; esac`,
        false,
      );
    const asked = () =>
      [...new Set(readFileSync(join(host.folder, "asked"), "utf8").trimEnd().split("\n"))].sort();
    const SOCKET = "unix:///var/run/docker.sock";

    test.each<[Record<string, string>, string]>([
      [{}, SOCKET],
      [{ DOCKER_HOST: "" }, SOCKET],
      [{ DOCKER_HOST: "tcp://10.0.0.9:2375" }, "tcp://10.0.0.9:2375"],
    ])("with the environment %j", async (environment, address) => {
      // Only where all the rest is there, images are asked for.
      await host.withPackages().install(["--yes"]);
      answersAt(address);
      mkdirSync(join(host.home, ".cache/aistack/artifacts/pulumi-home-0123456789abcdef"), {
        recursive: true,
      });
      const { code, output } = await host.install(["--yes"], environment);
      expect(output).toContain("  ok    docker        29.5.1\n");
      expect(host.events().at(-1)).toMatchObject({ version: "29.5.1", root: "/srv/29.5.1" });
      expect(asked()).toEqual(
        ["image", "info", "ps", "version"].map((verb) => `${verb} ${address}`),
      );
      expect(code).toBe(0);
    });

    test("also about the containers that a restart would stop", async () => {
      host.withPackages().without("ss");
      answersAt(SOCKET);
      host.write("dpkg-audit", " docker.io            Linux container runtime\n");
      const { output } = await host.install();
      expect(output).toContain("and these containers stop meanwhile: db.\n");
      expect(asked()).toEqual(["info", "ps", "version"].map((verb) => `${verb} ${SOCKET}`));
    });
  });

  describe("from its own repository", () => {
    const KEY = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88";
    /** curl that reaches download.docker.com alone, and gpg that sees these keys in what it brought. */
    const reach = (...keys: string[]) => {
      host.command(
        "curl",
        `case "$*" in *download.docker.com*) ;; *) exit 6 ;; esac
        while [ "$1" != --output ]; do shift; done
        echo key >"$2"`,
        false,
      );
      const seen = keys.map(
        (key) => `pub:-:4096:1:8D81803C0EBFCD88:\nfpr:::::::::${key}:\nsub:-:\nfpr:::::::::SUBKEY:`,
      );
      host.command(
        "gpg",
        `case "$*" in
          *--show-keys*) echo "${seen.join("\n")}" ;;
          *--export*) echo "keyring of $*" | sed 's/--homedir [^ ]*//' ;;
        esac`,
        false,
      );
      host.command("apt-cache", '[ "$2" != docker-ce ] || echo "  Candidate: 5:29.5.1-1"', false);
      host.command("dpkg", '[ "$1" != --print-architecture ] || echo amd64', false);
    };
    const source = () => join(host.root, "etc/apt/sources.list.d/docker.sources");
    const keyring = () => join(host.root, "etc/apt/keyrings/docker.gpg");
    const engines = (changes: readonly string[]) =>
      changes.filter((call) => call.startsWith(`${APT_INSTALL} docker`));

    test("where it answers, with the pinned key", async () => {
      reach(KEY);
      const { code, changes } = await host.install(["--yes"]);
      expect(readFileSync(source(), "utf8")).toBe(
        `# Written by aistack's install.sh.
Types: deb
URIs: https://download.docker.com/linux/debian
Suites: bookworm
Components: stable
Architectures: amd64
Signed-By: ${keyring()}
`,
      );
      expect(readFileSync(keyring(), "utf8")).toBe(
        `keyring of  --batch --no-autostart --no-options --quiet --export ${KEY}\n`,
      );
      expect(statSync(keyring()).mode & 0o777).toBe(0o644);
      expect(engines(changes)).toEqual([
        `${APT_INSTALL} docker-ce docker-ce-cli containerd.io iptables`,
      ]);
      expect(changes).toContain(
        `${APT} -o Dir::Etc::SourceList=${source()} -o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=0 -o APT::Update::Error-Mode=any update`,
      );
      expect(host.events().at(-1)).toEqual({
        time: expect.any(String),
        level: "info",
        event: "bootstrap.docker.installed",
        version: "26.1.0",
        root: "/var/lib/docker",
        source: "docker",
      });
      expect(code).toBe(0);
    });

    test.each([
      ["another key", ["0123456789ABCDEF0123456789ABCDEF01234567"]],
      ["a second key beside it", [KEY, "0123456789ABCDEF0123456789ABCDEF01234567"]],
      ["no key", []],
    ])("%s ends the run before anything is used", async (_name, keys) => {
      reach(...keys);
      const { code, output, changes } = await host.install(["--yes"]);
      expect(output).toContain(
        `The key at https://download.docker.com/linux/debian/gpg is not Docker's, so nothing from there was used: its fingerprint is ${keys.join(" ") || "unreadable"}, not ${KEY}. Find out who answers in Docker's place; sudo apt-get install docker.io takes the distribution's engine`,
      );
      expect(code).toBe(1);
      expect(existsSync(source())).toBe(false);
      expect(existsSync(keyring())).toBe(false);
      expect(engines(changes)).toEqual([]);
    });

    test("without encryption it is refused", async () => {
      reach(KEY);
      const { code, output } = await host.install(["--yes"], {
        AISTACK_DOCKER_REPOSITORY: "http://download.docker.com",
      });
      expect(output).toContain(
        "Docker's key is not taken from http://download.docker.com/linux/debian/gpg, which is not encrypted. AISTACK_DOCKER_REPOSITORY must begin with https://",
      );
      expect(code).toBe(2);
      expect(existsSync(source())).toBe(false);
    });

    test("where it has no packages for this system, the distribution's are taken", async () => {
      reach(KEY);
      host.command("apt-cache", "echo '  Candidate: (none)'", false);
      const { output, changes } = await host.install(["--yes"]);
      expect(output).toContain(
        "Docker's repository has nothing for this system: its packages come from the distribution.",
      );
      expect(existsSync(source())).toBe(false);
      expect(engines(changes)).toEqual([`${APT_INSTALL} docker.io iptables`]);
      expect(host.events().at(-1)).toMatchObject({ source: "distribution" });
    });

    // As the real one, which fails once it does not know one of the names.
    const asDpkgTells = (...states: string[]) =>
      host.command(
        "dpkg-query",
        `printf '%s\\n' ${states.join(" ")}
        echo 'dpkg-query: no packages found matching podman-docker' >&2
        exit 1`,
        false,
      );

    test("where the distribution's engine was begun, that is finished", async () => {
      reach(KEY);
      asDpkgTells("not-installed", "half-configured");
      const { changes } = await host.install(["--yes"]);
      expect(engines(changes)).toEqual([`${APT_INSTALL} docker.io iptables`]);
    });

    test("where the distribution's engine was there and is gone, it is used", async () => {
      reach(KEY);
      asDpkgTells("not-installed", "config-files");
      const { changes } = await host.install(["--yes"]);
      expect(engines(changes)).toEqual([
        `${APT_INSTALL} docker-ce docker-ce-cli containerd.io iptables`,
      ]);
    });

    test("an entry that somebody made for it is used as it is", async () => {
      reach(KEY);
      const theirs = "etc/apt/sources.list.d/docker.list";
      host.write(theirs, "deb [signed-by=x] https://download.docker.com/linux/debian b stable\n");
      const { output, changes } = await host.install(["--yes"]);
      expect(output).toContain(
        `Docker's repository is known to apt already (${join(host.root, theirs)}), and is used as it is.`,
      );
      expect(existsSync(source())).toBe(false);
      expect(engines(changes)).toEqual([
        `${APT_INSTALL} docker-ce docker-ce-cli containerd.io iptables`,
      ]);
    });
  });

  describe("that runs is not restarted unasked", () => {
    const refusal =
      "An installation of docker.io was interrupted and has to be finished. Docker restarts with that, and these containers stop meanwhile: db web.";
    beforeEach(() => {
      host.withPackages();
      host.without("ss");
      host.command("docker", DOCKER_WITH_CONTAINERS, false);
      host.write("dpkg-audit", " docker.io            Linux container runtime\n");
    });

    test("it says what stops, and ends where nobody is there to agree", async () => {
      const { code, output, changes } = await host.install();
      expect(output).toContain(
        `${refusal}\nDocker was not restarted, and nothing was changed. Run this again when they may stop, or with --yes`,
      );
      expect(code).toBe(3);
      expect(changes).toEqual([`${APT} update`, "dpkg --audit"]);
    });

    test("--yes agrees", async () => {
      const { output, changes } = await host.install(["--yes"]);
      expect(output).toContain(refusal);
      expect(changes.slice(0, 4)).toEqual([
        `${APT} update`,
        "dpkg --audit",
        "dpkg --configure -a",
        "dpkg --audit",
      ]);
    });
  });

  test("that was there is told by an event", async () => {
    await host.withPackages("29.5.1").install(["--yes"]);
    expect(host.events().map(({ event }) => event)).toEqual([
      "bootstrap.checks",
      "bootstrap.docker.detected",
    ]);
    expect(host.events()[1]).toEqual({
      time: expect.any(String),
      level: "info",
      event: "bootstrap.docker.detected",
      version: "29.5.1",
      root: "/var/lib/docker",
    });
  });
});

/** An engine that runs two containers. */
const DOCKER_WITH_CONTAINERS = `${WITHOUT_HOST}
case "$1 $3" in
  version*) echo 29.5.1 ;;
  info*) echo /var/lib/docker ;;
  "ps {{.Names}}") echo db; echo web ;;
esac`;
