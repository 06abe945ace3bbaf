import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Folder of the stand-in for LocalAI, which Python runs as a program. */
export const STAND_IN_FOLDER = join(import.meta.dirname, "standIn");

/** The stand-in for LocalAI as a process of this machine, on loopback, with folders of its own. */
export class StandInLocalai {
  readonly apiKey = "stand-in-key";
  readonly folder = mkdtempSync(join(tmpdir(), "localai-stand-in-"));
  url = "";
  /** what it has logged */
  readonly log: string[] = [];
  #process: ChildProcess | undefined;

  /** @param environment added to its own; what was installed before stays */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const child = spawn("python3", [STAND_IN_FOLDER], {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        PATH: process.env.PATH,
        // Its folder is hashed for the name of its image.
        PYTHONDONTWRITEBYTECODE: "1",
        LOCALAI_ADDRESS: "127.0.0.1:0",
        LOCALAI_MODELS_PATH: join(this.folder, "models"),
        LOCALAI_BACKENDS_PATH: join(this.folder, "backends"),
        LOCALAI_API_KEY: this.apiKey,
        STAND_IN_INSTALL_SECONDS: "0.04",
        ...environment,
      },
    });
    this.#process = child;
    this.url = await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) =>
        reject(new Error(`it ended with ${code}: ${this.log.join("\n")}`)),
      );
      createInterface({ input: child.stderr }).on("line", (line) => {
        this.log.push(line);
        const [, address] = /: listening on (\S+);/.exec(line) ?? [];
        if (address !== undefined) resolve(`http://${address}`);
      });
    });
  }

  /** Ends the process; its folders stay. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** Asks it, with its key unless told otherwise. */
  async ask(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: headers ?? { authorization: `Bearer ${this.apiKey}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}
