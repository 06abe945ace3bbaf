import { spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex, PassThrough } from "node:stream";
import { OUTLIVES_TERMINAL } from "../../host/hangup";
import { OperationError, StackError } from "../../plan/errors";
import type { HostConnection } from "../../plan/settings";
import { explainSshFailure } from "../../plan/sshFailure";

/**
 * Carries HTTP to the engine of a host over SSH, by the host's own docker command, as Docker's client does.
 * ssh shares one connection among all requests (ControlMaster), so each costs a few milliseconds.
 */
export class SshAgent extends Agent {
  readonly #ssh: readonly string[];
  readonly #host: HostConnection | undefined;

  /**
   * @param ssh arguments of ssh without a command, the destination last
   * @param host as it was declared: what ssh says is explained by it
   */
  constructor(ssh: readonly string[], host: HostConnection | undefined) {
    super({ keepAlive: false });
    this.#ssh = ssh;
    this.#host = host;
  }

  /** Breaks with a StackError that says why. */
  override createConnection(): Duplex {
    const child = spawn("ssh", [...this.#ssh, "docker", "system", "dial-stdio"], {
      stdio: ["pipe", "pipe", "pipe"],
      ...OUTLIVES_TERMINAL,
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    const [input, output] = [new PassThrough(), new PassThrough()];
    const connection = Duplex.from({ readable: output, writable: input });
    // Its pipes may break before it has said why: how it ended decides.
    child.stdin.on("error", () => {});
    input.pipe(child.stdin);
    child.stdout.pipe(output, { end: false });
    const breakOff = (reason: string) => connection.destroy(this.#explain(reason));
    child.once("error", ({ message }) => breakOff(message));
    child.once("close", (code) => {
      if (code === 0) output.end();
      else breakOff(said.trim() || `ssh ended with ${code}`);
    });
    connection.once("close", () => child.kill());
    return connection;
  }

  #explain(said: string): StackError {
    const problem = this.#host && explainSshFailure(this.#host, said);
    if (problem !== undefined) return new StackError([problem]);
    const what = `the SSH connection to the host broke: ${said}`;
    return new OperationError([{ what, where: "aistack:host" }]);
  }
}
