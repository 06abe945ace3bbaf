import { randomBytes } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { freePort } from "../freePort";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** Somewhere else than here, where a workspace's commands run: in a machine of the test's own. */
export interface Place {
  run(
    command: readonly string[],
    options: { readonly folder: string; readonly environment: Readonly<Record<string, string>> },
  ): Promise<Ran>;
}

/** The volumes of profile standard-gpu, sorted. */
export const VOLUMES = [
  "localai_backends",
  "localai_configuration",
  "localai_data",
  "localai_models",
  "ollama_data",
  "openwebui_data",
];

/** What a command printed, and how it ended. */
export interface Ran {
  readonly code: number;
  /** standard output and error together, in the order they came */
  readonly output: string;
}

/**
 * A checkout of its own under /tmp with a stack of its own: unique prefix, free ports, own state.
 * `tests/` sweeps by the prefix's form (t, six hexadecimal digits) what a killed run left behind.
 */
export class Workspace {
  readonly root: string;
  readonly prefix = `t${randomBytes(3).toString("hex")}`;
  readonly stack = "minimal";
  /** on which the stack's Ollama is published; configure() writes it into the stack file */
  port = 0;
  initialPort = 0;
  /** the other services' ports, whatever the profile */
  readonly ports = { openwebui: 0, localai: 0 };
  /** where its commands run; undefined: here */
  place: Place | undefined;
  /** what `./aistack env` exports, once prepared */
  environment: Record<string, string> = {};

  private constructor() {
    this.root = mkdtempSync(join(tmpdir(), "aistack-e2e-"));
  }

  /** Copies the checkout, without what a user's clone would not have, and gives it a stack file. */
  static async create(config = TINY_MODEL): Promise<Workspace> {
    const workspace = new Workspace();
    const left = new Set(
      // The agent is as large as everything else together, and made in a second where a test wants it.
      [".git", ".state", "node_modules", "tests", "engine", "docs", "bin/aistack-agent"].map(
        (name) => join(ROOT, name),
      ),
    );
    cpSync(ROOT, workspace.root, { recursive: true, filter: (source) => !left.has(source) });
    symlinkSync(join(ROOT, "engine"), join(workspace.root, "engine"));
    // Hard links, never a symbolic one: an installer that runs here may remove the packages.
    await execa("cp", ["-al", join(ROOT, "node_modules"), join(workspace.root, "node_modules")]);
    workspace.port = await freePort();
    workspace.initialPort = workspace.port;
    workspace.ports.openwebui = await freePort();
    workspace.ports.localai = await freePort();
    // The checkout's own salt belongs to its own passphrase.
    rmSync(join(workspace.root, "stacks", `Pulumi.${workspace.stack}.yaml`));
    workspace.configure(config);
    return workspace;
  }

  /** Rewrites the stack file; a salt that Pulumi has put there stays. */
  configure(config: string): void {
    const file = join(this.root, "stacks", `Pulumi.${this.stack}.yaml`);
    const salt = existsSync(file)
      ? (/^encryptionsalt:.*$/m.exec(readFileSync(file, "utf8"))?.[0] ?? "")
      : "";
    const ports = `{ ollama: ${this.port}, openwebui: ${this.ports.openwebui}, localai: ${this.ports.localai} }`;
    const own = `config:\n  aistack:namePrefix: ${this.prefix}\n  aistack:ports: ${ports}\n`;
    writeFileSync(file, `${own}${config}${salt === "" ? "" : `${salt}\n`}`);
  }

  /** Changes a file by replacing a text that must be there. */
  edit(file: string, before: string, after: string): void {
    const path = join(this.root, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(before)) throw new Error(`${file} does not hold "${before}"`);
    writeFileSync(path, text.replace(before, after));
  }

  /** Makes engine, image and stack ready as the installer does, without bringing anything up. */
  async prepare(): Promise<void> {
    const ran = await this.aistack("install", "--dry-run");
    if (ran.code !== 4)
      throw new Error(`aistack install --dry-run ended with ${ran.code}:\n${ran.output}`);
    const { stdout } = await execa(join(this.root, "aistack"), ["env"]);
    for (const [, name, value] of stdout.matchAll(/^export (\w+)='(.*)'$/gm)) {
      if (name !== undefined && value !== undefined) this.environment[name] = value;
    }
  }

  /** `pulumi` as a user types it after `eval "$(./aistack env)"`. */
  async pulumi(...args: string[]): Promise<Ran> {
    return this.#run("pulumi", [...args, "--non-interactive", "--color=never"], this.environment);
  }

  async aistack(...args: string[]): Promise<Ran> {
    return this.aistackWith({}, ...args);
  }

  async aistackWith(environment: Record<string, string>, ...args: string[]): Promise<Ran> {
    return this.#run(join(this.root, "aistack"), args, environment);
  }

  /** Name of a Docker object of this stack. */
  name(own: string): string {
    return `${this.prefix}-${own}`;
  }

  /** Asks the stack's Ollama. */
  async ollama(
    path: string,
    body?: unknown,
    method = body === undefined ? "GET" : "POST",
  ): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Removes the volumes that a destroy leaves. */
  async removeData(): Promise<void> {
    await docker("volume", "rm", "--force", ...VOLUMES.map((volume) => this.name(volume)));
  }

  /** Removes everything that the stack made, its data included. */
  async remove(): Promise<void> {
    await removeObjects(this.prefix);
    rmSync(this.root, { recursive: true, force: true });
  }

  async #run(
    file: string,
    args: readonly string[],
    environment: Record<string, string>,
  ): Promise<Ran> {
    const env = { ...environment, NO_COLOR: "1" };
    if (this.place !== undefined) {
      return this.place.run([file, ...args], { folder: this.root, environment: env });
    }
    const result = await execa(file, args, {
      cwd: this.root,
      env,
      reject: false,
      all: true,
      stdin: "ignore",
    });
    return { code: result.exitCode ?? -1, output: result.all ?? "" };
  }
}

/** The configuration of the shipped stack. */
export const TINY_MODEL = "  aistack:models: [{ name: tiny, from: file:models/tiny.gguf }]\n";

/** `docker …`, its standard output without the last line feed. */
export async function docker(...args: string[]): Promise<string> {
  return (await execa("docker", args)).stdout;
}

/** What `docker inspect` tells of a container; undefined where there is none. */
export async function inspect(container: string): Promise<ContainerInspect | undefined> {
  const { stdout, exitCode } = await execa("docker", ["container", "inspect", container], {
    reject: false,
  });
  return exitCode === 0 ? (JSON.parse(stdout) as ContainerInspect[])[0] : undefined;
}

/** The part of Docker's answer that the tests look at. */
export interface ContainerInspect {
  readonly Id: string;
  readonly Image: string;
  readonly State: { readonly StartedAt: string; readonly Status: string };
  readonly Config: {
    readonly Image: string;
    readonly Healthcheck: { readonly Interval: number; readonly Test: string[] };
    readonly Env: string[];
  };
  readonly HostConfig: Record<string, unknown> & {
    readonly Tmpfs: Record<string, string> | null;
    readonly Init: boolean | null;
  };
  readonly Mounts: readonly { readonly Name: string; readonly Destination: string }[];
}

async function removeObjects(prefix: string): Promise<void> {
  const filter = ["--filter", `name=^${prefix}-`];
  const containers = (await docker("ps", "--all", "--quiet", "--filter", `name=^/${prefix}-`))
    .split("\n")
    .filter(Boolean);
  if (containers.length > 0) await docker("rm", "--force", "--volumes", ...containers);
  const networks = (await docker("network", "ls", "--quiet", ...filter))
    .split("\n")
    .filter(Boolean);
  if (networks.length > 0) await docker("network", "rm", ...networks);
  const volumes = (await docker("volume", "ls", "--quiet", ...filter)).split("\n").filter(Boolean);
  if (volumes.length > 0) await docker("volume", "rm", ...volumes);
}
