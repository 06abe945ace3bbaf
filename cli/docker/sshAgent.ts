import { spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";

/** The code of the error that a connection over SSH breaks with. */
export const SSH_BROKEN = "AISTACK_SSH_BROKEN";

function brokenConnection(reason: string): Error {
  return Object.assign(new Error(reason), { code: SSH_BROKEN });
}

/**
 * Carries HTTP to the engine of a host over SSH, by the host's own docker command, as Docker's client does.
 * ssh shares one connection among all requests (ControlMaster), so each costs a few milliseconds.
 */
export class SshAgent extends Agent {
  readonly #ssh: readonly string[];

  /** @param ssh arguments of ssh without a command, the destination last */
  constructor(ssh: readonly string[]) {
    super({ keepAlive: false });
    this.#ssh = ssh;
  }

  override createConnection(): Duplex {
    const child = spawn("ssh", [...this.#ssh, "docker", "system", "dial-stdio"], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    const connection = Duplex.from({ readable: child.stdout, writable: child.stdin });
    child.once("error", (error) => connection.destroy(error));
    child.once("exit", (code) => {
      if (code !== 0) connection.destroy(brokenConnection(said.trim() || `ssh ended with ${code}`));
    });
    connection.once("close", () => child.kill());
    return connection;
  }
}
