import { request } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

export interface DirectRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Statuses whose answers have no body. */
const WITHOUT_BODY = [204, 205, 304];

/**
 * Asks one of the stack's own services, as `fetch` does, but never through a proxy and without following elsewhere:
 * keys and chats are nobody's else, and whatever HTTP_PROXY names cannot reach this machine's loopback. An agent of its
 * own is what keeps Node from the proxy, NODE_USE_ENV_PROXY or not. No limit but the signal's.
 * @throws Error as the system has it: `connect ECONNREFUSED 127.0.0.1:11434`
 */
export function fetchDirectly(
  url: string | URL,
  { method = "GET", headers = {}, body, signal }: DirectRequest = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const length =
      body === undefined ? {} : { "content-length": String(Buffer.byteLength(body, "utf8")) };
    const options = {
      method,
      headers: { ...headers, ...length },
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    };
    const sent = request(url, options, (incoming) => {
      const status = incoming.statusCode ?? 0;
      const empty = WITHOUT_BODY.includes(status);
      if (empty) incoming.resume();
      const stream = Readable.toWeb(incoming) as ReadableStream<Uint8Array>;
      const response = new Response(
        empty ? null : (stream as unknown as ConstructorParameters<typeof Response>[0]),
        {
          status,
          headers: Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
            values.map((value): [string, string] => [name, value]),
          ),
        },
      );
      Object.defineProperty(response, "url", { value: String(url) });
      resolve(response);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
