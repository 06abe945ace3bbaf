import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { join } from "node:path";

/** Where the engine listens. */
const ENGINE = "/var/run/docker.sock";

/**
 * A socket in front of the Docker engine's own. Armed, it kills whoever asked once the engine has made a container, and
 * before anybody is told: the moment that an update can be interrupted at worst.
 */
export class KillingSocket {
  readonly #server: Server;
  readonly #path: string;
  #kill: (() => void) | undefined;

  constructor(folder: string) {
    this.#path = join(folder, "killing.sock");
    this.#server = createServer((asked, answer) => {
      const { method, url, headers } = asked;
      const engine = request({ socketPath: ENGINE, method, path: url, headers }, (said) => {
        if (this.#isCreation(asked) && said.statusCode === 201) {
          this.#kill?.();
          this.#kill = undefined;
          answer.destroy();
          return;
        }
        answer.writeHead(said.statusCode ?? 502, said.headers);
        said.pipe(answer);
      });
      engine.on("error", () => answer.destroy());
      asked.pipe(engine);
    });
  }

  get address(): string {
    return `unix://${this.#path}`;
  }

  /** Kills, once, when the next container is made. */
  arm(kill: () => void): void {
    this.#kill = kill;
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(this.#path, done));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #isCreation({ method, url }: IncomingMessage): boolean {
    return (
      this.#kill !== undefined && method === "POST" && /\/containers\/create\b/.test(url ?? "")
    );
  }
}
