import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on loopback whose answers a test decides. */
export class SmallServer {
  /** every request, as `METHOD /path BODY` */
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      this.requests.push(`${request.method} ${request.url} ${body}`.trim());
      answer(request, response);
    });
  }

  /** @param answer default: 200 and nothing */
  static async start(
    answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
      void response.end(),
  ): Promise<SmallServer> {
    const server = new SmallServer(answer);
    await new Promise<void>((done) => server.#server.listen(0, "127.0.0.1", done));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
