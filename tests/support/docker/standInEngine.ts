import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A container of the stand-in, as far as the tests look at it. */
export interface StandInContainer {
  readonly name: string;
  state: "running" | "exited" | "paused" | "restarting";
  labels: Record<string, string>;
  /** what it has logged: stream 1 is standard output, 2 standard error */
  log: readonly { readonly stream: 1 | 2; readonly text: string }[];
  tty: boolean;
}

/** `silent`: it never answers; `gone`: it closes the connection; `broken off`: it does so amid its answer. */
export type Fault = "silent" | "gone" | "broken off";

/**
 * A stand-in for the Docker engine's HTTP API on a socket, for what a test cannot do to a real one: other
 * people's containers of our names, refusals, slow pulls. Everything else is tested against the real one (tests/e2e).
 */
export class StandInEngine {
  readonly containers = new Map<string, StandInContainer>();
  /** requests that change something, as `METHOD /path?query` without the API's version, in order */
  readonly changes: string[] = [];
  /** the engine refuses to start these, with its own words */
  readonly refusals = new Map<string, string>();
  /** what goes wrong, by the last word of a path (`json`, `logs`, `stats`): see Fault */
  readonly faults = new Map<string, Fault>();
  /** lines that a pull answers with */
  pull: readonly object[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), "stand-in-engine-"));
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));

  get address(): string {
    return `unix://${this.#folder}/docker.sock`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(join(this.#folder, "docker.sock"), done));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  add(name: string, changes: Partial<StandInContainer> = {}): StandInContainer {
    const labels = { "dev.aistack.spec": "0123456789abcdef" };
    const container = { name, state: "running" as const, labels, log: [], tty: false, ...changes };
    this.containers.set(name, container);
    return container;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = (request.url ?? "").replace(/^\/v[\d.]+/, "");
    if (request.method === "POST") this.changes.push(`POST ${decodeURIComponent(url)}`);
    const fault = this.faults.get(/^\/[^?]*\/(\w+)/.exec(url)?.[1] ?? "");
    if (fault === "silent") return;
    if (fault === "gone") return void request.socket.destroy();
    const { status, body } = this.#reply(url);
    if (fault === "broken off") {
      response.writeHead(status).write(body);
      setTimeout(() => request.socket.destroy(), 50);
      return;
    }
    response.statusCode = status;
    response.setHeader("Content-Type", "application/json");
    response.end(body);
  }

  #reply(url: string): Reply {
    if (url.startsWith("/images/create"))
      return { status: 200, body: this.pull.map((line) => `${JSON.stringify(line)}\r\n`).join("") };
    const [, path = "", action = ""] = /^\/containers\/([^/?]+)\/(\w+)/.exec(url) ?? [];
    // The id of the stand-in's containers is `id-` and their name.
    const container = this.containers.get(path.replace(/^id-/, ""));
    if (container === undefined) return refusal(404, `No such container: ${path}`);
    switch (action) {
      case "json":
        return { status: 200, body: JSON.stringify(inspected(container)) };
      case "logs": {
        const frames = container.log.map((part) => frame(container, part));
        return { status: 200, body: Buffer.concat(frames) };
      }
      case "start":
      case "unpause": {
        const reason = this.refusals.get(container.name);
        if (reason !== undefined) return refusal(500, reason);
        container.state = "running";
        return { status: 204, body: "" };
      }
      case "stop":
        container.state = "exited";
        return { status: 204, body: "" };
      default:
        return refusal(404, `page not found: ${url}`);
    }
  }
}

interface Reply {
  readonly status: number;
  readonly body: string | Buffer;
}

function inspected({ name, state, labels, tty }: StandInContainer): object {
  return {
    Id: `id-${name}`,
    Name: `/${name}`,
    State: {
      Status: state,
      Running: state === "running" || state === "paused",
      Paused: state === "paused",
      Restarting: state === "restarting",
    },
    Config: { Labels: labels, Tty: tty },
  };
}

/** Source: Docker Engine API 1.41, "Stream format" of POST /containers/{id}/attach. */
function frame(container: StandInContainer, part: StandInContainer["log"][number]): Buffer {
  const content = Buffer.from(part.text);
  if (container.tty) return content;
  const header = Buffer.alloc(8);
  header.writeUInt8(part.stream, 0);
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

function refusal(status: number, message: string): Reply {
  return { status, body: JSON.stringify({ message }) };
}
