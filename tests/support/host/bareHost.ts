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
  "awk bash cat chmod cp cut date df dirname env expr flock getent grep head id ln ls mkdir mktemp mv nohup printf readlink rm script sed setsid sh sha256sum sleep sort stat tail tee timeout touch tr uname wc";

/** How a run of install.sh went. */
export interface InstallRun {
  readonly code: number;
  /** standard output and error, as a user sees them */
  readonly output: string;
  /** commands that change the host, with their arguments, in order */
  readonly changes: readonly string[];
  readonly milliseconds: number;
}

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
    this.write("etc/os-release", 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12 (test)"\n');
    this.write("proc/meminfo", "MemTotal:        8388608 kB\n");
    this.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    this.write("run/systemd/system/.keep", "");
    this.write("etc/ssl/certs/ca-certificates.crt", "certificates\n");

    mkdirSync(join(this.checkout, "stacks"), { recursive: true });
    for (const part of [
      "install.sh",
      "scripts/host",
      "package-lock.json",
      "stacks/Pulumi.minimal.yaml",
    ])
      cpSync(join(CHECKOUT, part), join(this.checkout, part), { recursive: true });
    writeScript(join(this.checkout, "aistack"), this.#recorded("aistack", "exit 0"));

    this.command("id", 'case "$*" in -u) echo 0 ;; -un) echo root ;; *) echo root ;; esac', false);
    this.command(
      "df",
      'printf "F 1024-blocks Used Available Capacity M\\nx 1 1 97656250 1%% /\\n"',
      false,
    );
    this.command(
      "dpkg",
      '[ "$1" != --audit ] || cat "$AISTACK_ROOT/dpkg-audit" 2>/dev/null; exit 0',
    );
    this.command("apt-cache", "echo '  Candidate: (none)'", false);
    // What it installs are the commands below `later`.
    this.command(
      "apt-get",
      `case " $* " in *" install "*) cp "${this.folder}"/later/* "${this.#bin}/" ;; esac`,
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

  /** A command that is there once packages have been installed. */
  later(name: string, body: string, recorded = true): void {
    mkdirSync(join(this.folder, "later"), { recursive: true });
    writeScript(join(this.folder, "later", name), recorded ? this.#recorded(name, body) : body);
  }

  /** Everything that packages bring is there already, and Docker runs. */
  withPackages(dockerVersion = "26.1.0"): this {
    cpSync(join(this.folder, "later"), this.#bin, { recursive: true });
    writeFileSync(join(this.folder, "engine"), dockerVersion);
    return this;
  }

  /** An unprivileged user, with sudo that asks for nothing or without any. */
  withUser(sudo: boolean): this {
    this.command("id", 'case "$*" in -u) echo 1000 ;; -un) echo ada ;; *) echo ada ;; esac', false);
    if (sudo) {
      // Options and the user go; `-n true` asks only whether it would work.
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
      const rest = 'while [ "${1#-}" != "$1" ]; do [ "$1" != --user ] || shift; shift; done; "$@"';
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
    rmSync(this.#calls, { force: true });
    const started = Date.now();
    const result = await execa(join(this.checkout, "install.sh"), args, {
      cwd: "/",
      env: { PATH: this.#bin, HOME: this.home, AISTACK_ROOT: this.root, ...env },
      extendEnv: false,
      stdin: "ignore",
      all: true,
      reject: false,
    });
    return {
      code: result.exitCode ?? -1,
      output: result.all,
      changes: existsSync(this.#calls)
        ? readFileSync(this.#calls, "utf8").trimEnd().split("\n")
        : [],
      milliseconds: Date.now() - started,
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #recorded(name: string, body: string): string {
    return `echo "${name} $*" >>"${this.#calls}"; ${body}`;
  }

  /** Answers with the version in the file `engine`, where there is one. */
  #dockerClient(): string {
    const engine = join(this.folder, "engine");
    return [
      `if [ ! -e "${engine}" ]; then echo "Cannot connect to the Docker daemon" >&2; exit 1; fi`,
      `case "$1" in version) cat "${engine}" ;; info) echo /var/lib/docker ;; image) cat "${this.folder}/images" 2>/dev/null ;; esac`,
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

function writeScript(file: string, body: string): void {
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}
