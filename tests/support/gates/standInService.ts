import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What a stand-in answers to a request: a status, and a body that is sent as JSON unless it is a text. */
export interface StandInAnswer {
  readonly status?: number;
  readonly body?: unknown;
}

/** A request as the stand-in got it. */
export interface StandInRequest {
  readonly authorization: string | undefined;
  readonly body: unknown;
}

type Answers = Readonly<Record<string, (request: StandInRequest) => StandInAnswer>>;

/** A stand-in for a service's HTTP API, for the faults that a healthy service does not have. */
export class StandInService {
  /** by `METHOD /path`; anything else is 404 */
  answers: Answers = {};
  readonly requests: string[] = [];
  url = "";
  readonly #server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const key = `${request.method} ${request.url}`;
    this.requests.push(key);
    const { authorization } = request.headers;
    const given = { authorization, body: text === "" ? undefined : JSON.parse(text) };
    const { status = 200, body = "" } = this.answers[key]?.(given) ?? { status: 404 };
    response.statusCode = status;
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
