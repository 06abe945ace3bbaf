import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A stand-in for Ollama's HTTP API, for what a closed network cannot show: pulls from a registry and
 * their faults. Everything else is tested against the real one (tests/e2e).
 */
export class StandInOllama {
  /** digest by model name */
  readonly models = new Map<string, string>();
  /** what /api/show tells of a model */
  modelfile = "";
  /** lines that a pull or a create answers with */
  stream: readonly object[] = [{ status: "pulling manifest" }, { status: "success" }];
  /** the answer breaks off after its lines */
  cutOff = false;
  /** every request but those for the list of models, as `METHOD /path BODY` */
  readonly requests: string[] = [];
  readonly #server: Server = createServer(
    (request, response) => void this.#answer(request, response),
  );

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    if (request.url === "/api/tags") {
      const models = [...this.models].map(([name, digest]) => ({ name, digest }));
      return void response.end(JSON.stringify({ models }));
    }
    this.requests.push(`${request.method} ${request.url} ${body}`.trim());
    switch (request.url) {
      case "/api/show":
        return void response.end(JSON.stringify({ modelfile: this.modelfile }));
      case "/api/copy": {
        const { source, destination } = JSON.parse(body) as { source: string; destination: string };
        this.models.set(destination, this.models.get(source) ?? "");
        return void response.end();
      }
      case "/api/pull":
      case "/api/create": {
        for (const line of this.stream) response.write(`${JSON.stringify(line)}\n`);
        // Only once the client has what was written: it is to see an answer that breaks off.
        if (this.cutOff) return void setTimeout(() => response.destroy(), 50);
        const last = this.stream.at(-1) as { status?: string } | undefined;
        if (last?.status === "success") this.models.set(JSON.parse(body).model, "new-digest");
        return void response.end();
      }
      default:
        response.statusCode =
          request.url?.startsWith("/api/blobs/") && request.method === "POST" ? 201 : 404;
        return void response.end();
    }
  }
}
