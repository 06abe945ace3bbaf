import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { execa } from "execa";

const CHECKOUT = resolve(import.meta.dirname, "../../..");

/** What every Debian and Ubuntu has before anything is installed, as far as install.sh uses it. */
const ESSENTIAL =
  "awk bash cat chmod cp cut date df dirname env expr find flock getent grep head iconv id ln ls mkdir mktemp mv nohup paste printf readlink rm script sed setsid sh sha256sum sleep sort stat tail tee timeout touch tr uname wc";

/** How a run of install.sh went. */
export interface InstallRun {
  readonly code: number;
  /** standard output and error, as a user sees them */
  readonly output: string;
  /** commands that change the host, with their arguments, in order */
  readonly changes: readonly string[];
  readonly milliseconds: number;
}

/** How install.sh calls apt-get and npm. */
export const APT =
  "apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold";
export const APT_INSTALL = `${APT} install --yes --no-install-recommends --no-remove`;
export const NPM_CI =
  "npm ci --loglevel=error --ignore-scripts --no-audit --no-fund --include=dev --include=optional";

/** Begins a docker command to which it is the same which engine it is asked about. */
export const WITHOUT_HOST = '[ "$1" != --host ] || shift 2';

/**
 * A host that is made of files: its system files below AISTACK_ROOT, its commands in a folder that is
 * the whole PATH. Those that would change a host only tell that they were called. The checkout on it
 * has a blank in its path.
 */
export class BareHost {
  readonly folder = mkdtempSync(join(tmpdir(), "aistack-host-"));
  readonly checkout = join(this.folder, "my checkout");
  readonly root = join(this.folder, "root");
  readonly home = join(this.folder, "home");
  readonly #bin = join(this.folder, "bin");
  readonly #calls = join(this.folder, "calls");

  /** A supported host on which nothing is installed yet. */
  constructor() {
    for (const folder of [this.home, this.#bin]) mkdirSync(folder);
    for (const name of ESSENTIAL.split(" ")) this.#link(name);
    this.write(
      "etc/os-release",
      'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian 12 (test)"\n',
    );
    this.write("proc/meminfo", "MemTotal:        8388608 kB\n");
    this.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    this.write("run/systemd/system/.keep", "");
    this.write("etc/ssl/certs/ca-certificates.crt", "certificates\n");

    mkdirSync(join(this.checkout, "stacks"), { recursive: true });
    for (const part of [
      "install.sh",
      "scripts/host",
      "assets/shell/host-baseline.sh",
      "compose",
      "package-lock.json",
      "stacks/Pulumi.minimal.yaml",
    ])
      cpSync(join(CHECKOUT, part), join(this.checkout, part), { recursive: true });
    writeScript(join(this.checkout, "aistack"), this.#recorded("aistack", "exit 0"));

    this.#be("root", 0);
    this.command(
      "df",
      'printf "F 1024-blocks Used Available Capacity M\\nx 1 1 97656250 1%% /\\n"',
      false,
    );
    this.command(
      "dpkg",
      '[ "$1" != --audit ] || cat "$AISTACK_ROOT/dpkg-audit" 2>/dev/null; exit 0',
    );
    this.command("dpkg-query", "exit 1", false);
    this.#withAccounts();
    this.command("apt-cache", "echo '  Candidate: (none)'", false);
    // What it installs are the commands below `later`.
    this.command(
      "apt-get",
      `case " $* " in
        *" install "*" docker"[.-]*) cp -n "${this.folder}"/later/docker/* "${this.#bin}/" ;;
        *" install "*) cp -n "${this.folder}"/later/tools/* "${this.#bin}/" ;;
      esac`,
    );
    this.later("curl", "exit 6", false);
    this.later("ss", "exit 0", false);
    this.later("iptables", "exit 0", false);
    this.later("docker", this.#dockerClient(), false);
    this.later("dockerd", `echo 26.1.0 >"${this.folder}/engine"`);
    this.command("systemctl", `echo 26.1.0 >"${this.folder}/engine"`);
    this.later("node", "echo v24.1.0", false);
    this.later("npm", this.#npm(), false);
  }

  /** The changes that set up the user aistack. */
  get accounts(): string[] {
    return [
      `groupadd --prefix ${this.root} --system aistack`,
      `useradd --prefix ${this.root} --system --gid aistack --home-dir /var/lib/aistack --no-create-home --shell /usr/sbin/nologin --comment aistack services aistack`,
    ];
  }

  /** A file below AISTACK_ROOT. */
  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** A command that is there; `recorded` ones count as changes of the host. */
  command(name: string, body: string, recorded = true): void {
    rmSync(join(this.#bin, name), { force: true });
    writeScript(join(this.#bin, name), recorded ? this.#recorded(name, body) : body);
  }

  /** A command that is not there. */
  without(name: string): this {
    rmSync(join(this.#bin, name), { force: true });
    return this;
  }

  /** A command that is there once packages have been installed. */
  later(name: string, body: string, recorded = true): void {
    const from = /docker|iptables/.test(name) ? "docker" : "tools";
    mkdirSync(join(this.folder, "later", from), { recursive: true });
    writeScript(
      join(this.folder, "later", from, name),
      recorded ? this.#recorded(name, body) : body,
    );
  }

  /** A process that listens on a port, on 127.0.0.1 or the address that the kernel writes as `address`. */
  listen(
    port: number,
    {
      pid,
      name,
      unit,
      address = "0100007F",
    }: { pid: number; name: string; unit?: string; address?: string },
  ): this {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    this.write(
      "proc/net/tcp",
      [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        // An address that no stack asks for, and a connection in place of a listener.
        `   0: 0B00007F:${hex} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 70001 1`,
        `   1: 0100007F:${hex} 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 70002 1`,
        `   2: ${address}:${hex} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7${pid} 1`,
        "",
      ].join("\n"),
    );
    this.write(`proc/${pid}/comm`, `${name}\n`);
    this.write(
      `proc/${pid}/cgroup`,
      unit === undefined ? "0::/user.slice/session-1.scope\n" : `0::/system.slice/${unit}\n`,
    );
    mkdirSync(join(this.root, `proc/${pid}/fd`), { recursive: true });
    symlinkSync(`socket:[7${pid}]`, join(this.root, `proc/${pid}/fd/3`));
    return this;
  }

  /** Everything that packages bring is there already, and Docker runs. */
  withPackages(dockerVersion = "29.5.1"): this {
    for (const from of ["docker", "tools"])
      cpSync(join(this.folder, "later", from), this.#bin, { recursive: true });
    writeFileSync(join(this.folder, "engine"), dockerVersion);
    return this;
  }

  /** An unprivileged user, with sudo that asks for nothing or without any. */
  withUser(sudo: boolean): this {
    this.#be("ada", 1000);
    if (sudo) {
      // Options and the user go; `-n true` asks only whether it would work. Commands see by SUDO_USER that they run by it.
      const rest =
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
        'while [ "${1#-}" != "$1" ]; do [ "$1" != --user ] || shift; shift; done; SUDO_USER=ada "$@"';
      this.command(
        "sudo",
        `[ "$*" = "-n true" ] || echo "sudo $*" >>"${this.#calls}"; ${rest}`,
        false,
      );
    }
    return this;
  }

  /** Runs install.sh from another folder, without a terminal. */
  async install(
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<InstallRun> {
    return this.run(join(this.checkout, "install.sh"), args, { AISTACK_ROOT: this.root, ...env });
  }

  /** Who was given a file or folder below AISTACK_ROOT, by its numbers. */
  ownerOf(path: string): string | undefined {
    const lines = readFileSync(join(this.folder, "owners"), "utf8").split("\n");
    return lines.findLast((line) => line.startsWith(`${join(this.root, path)} `))?.split(" ")[1];
  }

  /** Runs a command with nothing but this host's commands. */
  async run(
    command: string,
    args: readonly string[],
    env: Record<string, string>,
  ): Promise<InstallRun> {
    rmSync(this.#calls, { force: true });
    const started = Date.now();
    // Both streams by one pipe: what comes first by one of two may be read second.
    const words = ["-c", 'exec "$@" 2>&1', "sh", command, ...args];
    const result = await execa("/bin/sh", words, {
      cwd: "/",
      env: { PATH: this.#bin, HOME: this.home, ...env },
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      // A group of its own, which a killed run ends with.
      detached: true,
    });
    return {
      code: result.exitCode ?? -1,
      output: result.stdout,
      changes: existsSync(this.#calls)
        ? readFileSync(this.#calls, "utf8").trimEnd().split("\n")
        : [],
      milliseconds: Date.now() - started,
    };
  }

  /** Runs are killed, with all that they have started, the first time that they make each of their changes. */
  killAtEachChange(moment: "before" | "after"): void {
    writeFileSync(join(this.folder, `kill-${moment}`), "");
  }

  /** The lines of the installer's events file, parsed. */
  events(): Record<string, unknown>[] {
    return readFileSync(join(this.home, ".local/state/aistack/bootstrap.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #recorded(name: string, body: string): string {
    const kill = (moment: string) => {
      const died = `"${this.folder}/kill-${moment}"`;
      return `[ ! -e ${died} ] || grep -qFx "${name} $*" ${died} || { echo "${name} $*" >>${died}; kill -9 0; }`;
    };
    return `echo "${name} $*" >>"${this.#calls}"\n${kill("before")}\n(\n${body}\n)\nstatus=$?\n${kill("after")}\nexit $status`;
  }

  /** Who the user is; the group's number is the real one, since files have it. */
  #be(name: string, id: number): void {
    const group = `/usr/bin/id -g`;
    this.command(
      "id",
      `case "$*" in -u) echo ${id} ;; -g) ${group} ;; *) echo ${name} ;; esac`,
      false,
    );
  }

  /**
   * The tools for users and groups, which write their lines, and owners of files that nobody but root could
   * give away: `chown` writes them down, and `stat` reads them.
   */
  #withAccounts(): void {
    const etc = join(this.root, "etc");
    const owners = join(this.folder, "owners");
    writeFileSync(owners, "");
    const add = (file: string, line: string) => `echo "${line}" >>"${join(etc, file)}"`;
    this.command("groupadd", add("group", "aistack:x:990:"));
    this.command("useradd", add("passwd", "aistack:x:991:990::/var/lib/aistack:/usr/sbin/nologin"));
    this.command("usermod", "exit 0");
    this.command("chown", `echo "$(pwd -P) $1" >>"${owners}"`, false);
    this.command(
      "stat",
      `[ "$2" = "%u:%g %a" ] || exec /usr/bin/stat "$@"
      echo "$(awk -v path="$(readlink -f "$3")" '$1 == path { owner = $2 } END { print owner }' "${owners}") $(/usr/bin/stat -c %a "$3")"`,
      false,
    );
  }

  /** Answers with the version in the file `engine`, where there is one. */
  #dockerClient(): string {
    const engine = join(this.folder, "engine");
    return [
      WITHOUT_HOST,
      `if [ ! -e "${engine}" ]; then echo "Cannot connect to the Docker daemon" >&2; exit 1; fi`,
      `case "$1" in version) cat "${engine}" ;; info) echo /var/lib/docker ;; ps) cat "${this.folder}/containers" 2>/dev/null ;; image) cat "${this.folder}/images" 2>/dev/null ;; esac`,
      "exit 0",
    ].join("\n");
  }

  /** `npm ci` brings a node; \`npm --version\` is no change. */
  #npm(): string {
    const ci =
      'mkdir -p node_modules/.bin; printf "#!/bin/sh\\n" >node_modules/.bin/node; chmod +x node_modules/.bin/node';
    return `if [ "$1" = --version ]; then echo 11.0.0; else ${this.#recorded("npm", ci)}; fi`;
  }

  #link(name: string): void {
    const found = ["/usr/bin", "/bin", "/usr/sbin"]
      .map((folder) => join(folder, name))
      .find(existsSync);
    if (found === undefined) throw new Error(`this machine has no ${name}`);
    symlinkSync(found, join(this.#bin, name));
  }
}

/** The lines of the table of checks that are not "ok", each with its remedy. */
export function complaints(output: string): string[] {
  return output
    .replace(/\n +-> /g, " -> ")
    .split("\n")
    .filter((line) => /^ {2}(warn|FAIL) /.test(line))
    .map((line) => line.trim().replace(/ {2,}/g, " "));
}

function writeScript(file: string, body: string): void {
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}
