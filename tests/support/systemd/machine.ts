import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

const NAME = "aistack-systemd-";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  /** standard output and error together, in the order they came */
  readonly output: string;
}

export interface RunOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A machine of its own under a real systemd: process 1 of its namespaces, with the host's files under a throw-away
 * overlay and the host's network. Ends with the process that booted it; what a killed one left, the next one sweeps.
 */
export class Machine {
  readonly #folder: string;
  readonly #process: Promise<unknown>;
  readonly #init: number;

  private constructor(folder: string, process: Promise<unknown>, init: number) {
    this.#folder = folder;
    this.#process = process;
    this.#init = init;
  }

  /**
   * @param binds paths that are the same inside and outside
   * @throws Error with what the boot printed, where the machine does not come up within half a minute
   */
  static async boot(binds: readonly string[]): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), NAME));
    writeFileSync(join(folder, "owner"), String(process.pid));
    await sweep(folder);
    const script = join(import.meta.dirname, "boot.sh");
    const [file = "", ...args] = asRoot(
      ...["setpriv", "--pdeathsig", "KILL", "unshare", "--mount"],
      ...["bash", script, String(process.pid), folder, ...binds],
    );
    const booting = execa(file, args, { reject: false, all: true, stdin: "ignore" });
    let ended: string | undefined;
    void booting.then((result) => {
      ended = `${result.exitCode ?? result.signal}: ${result.all}`;
    });
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline && ended === undefined) {
      const init = initOf(booting.pid ?? 0);
      const machine = init === undefined ? undefined : new Machine(folder, booting, init);
      const { stdout } = (await machine?.run(["systemctl", "is-system-running"])) ?? { stdout: "" };
      if (machine !== undefined && ["running", "degraded"].includes(stdout)) return machine;
      await new Promise((done) => setTimeout(done, 50));
    }
    await sweep(folder);
    throw new Error(`the machine under systemd does not come up: ${ended ?? "it takes too long"}`);
  }

  /** The command line that runs another one as root inside of the machine. */
  inside(...command: readonly string[]): readonly string[] {
    const spaces = ["--mount", "--uts", "--ipc", "--pid", "--cgroup"];
    return asRoot("nsenter", `--target=${this.#init}`, ...spaces, ...command);
  }

  /** Runs a command as root inside of the machine. */
  async run(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const [file = "", ...args] = this.inside(
      ...["env", `--chdir=${options.folder ?? "/"}`],
      ...Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`),
      ...command,
    );
    const result = await execa(file, args, { reject: false, all: true, stdin: "ignore" });
    return { code: result.exitCode ?? -1, stdout: result.stdout, output: result.all };
  }

  /**
   * Shell inside of the machine; its standard output without the last line feed.
   * @throws Error where it fails
   */
  async shell(script: string): Promise<string> {
    const { code, stdout, output } = await this.run(["bash", "-euo", "pipefail", "-c", script]);
    if (code !== 0) throw new Error(`in the machine, ${script} ended with ${code}:\n${output}`);
    return stdout;
  }

  /** A property of a unit, as systemd has it. */
  async property(unit: string, name: string): Promise<string> {
    return this.shell(`systemctl show --property=${name} --value ${unit}`);
  }

  async shutDown(): Promise<void> {
    await sweep(this.#folder);
    await this.#process;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A command line that root runs, by sudo where the tests run as another user. */
export function asRoot(...command: readonly string[]): readonly string[] {
  return process.getuid?.() === 0 ? command : ["sudo", "-n", "-E", ...command];
}

/** Process 1 of the machine: at the end of the line that starts it, once it is systemd. */
function initOf(pid: number): number | undefined {
  if (readProc(`/proc/${pid}/comm`) === "systemd") return pid;
  const [child = ""] = readProc(`/proc/${pid}/task/${pid}/children`).split(" ");
  return child === "" ? undefined : initOf(Number(child));
}

/** What the kernel tells of a process; empty where that has ended. */
function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOENT", "ESRCH"].includes(code)) throw error;
    return "";
  }
}

/** Ends the machine of a folder, and removes what tests that were killed have left of theirs. */
async function sweep(folder: string): Promise<void> {
  const script = join(import.meta.dirname, "sweep.sh");
  const [file = "", ...args] = asRoot("unshare", "--mount", "bash", script, folder);
  await execa(file, args);
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(NAME))) {
    const owner = join(tmpdir(), name, "owner");
    if (existsSync(owner) && existsSync(`/proc/${readFileSync(owner, "utf8")}`)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
