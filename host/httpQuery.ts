import { type IncomingMessage, request } from "node:http";

export interface HttpQuery {
  readonly method?: "GET" | "POST";
  /** sent as JSON */
  readonly body?: unknown;
  /** sent as the bearer of the request; secret: in no error */
  readonly token?: string | undefined;
  /** for the whole exchange */
  readonly limitMs: number;
  /** an answer that is longer is none */
  readonly mostBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** a UNIX socket to ask in place of the address in the URL */
  readonly socketPath?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks a server of this machine or of a stack, on a connection of its own, and never for longer or for more than said. An agent
 * of its own (`agent: false`) also keeps Node from a proxy, NODE_USE_ENV_PROXY or not: keys and chats are nobody's else, and
 * whatever HTTP_PROXY names cannot reach this machine's loopback.
 * @throws Error whose `code` is the system's, or ETIMEDOUT, EFBIG; the signal's reason
 */
export async function queryHttp(url: string, query: HttpQuery): Promise<HttpAnswer> {
  const { method = "GET", body, token, limitMs, mostBytes, socketPath } = query;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const limit = new AbortController();
  const giveUp = () => limit.abort(query.signal?.reason);
  const timer = setTimeout(
    () => limit.abort(coded("ETIMEDOUT", `no answer within ${limitMs / 1000} s`)),
    limitMs,
  );
  query.signal?.addEventListener("abort", giveUp);
  if (query.signal?.aborted === true) giveUp();
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const options = {
        method,
        agent: false,
        signal: limit.signal,
        ...(socketPath === undefined ? {} : { socketPath }),
        headers: {
          connection: "close",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
      };
      const sent = request(url, options, (response) => {
        collect(response, mostBytes).then(
          (answer) => resolve({ status: response.statusCode ?? 0, body: answer }),
          reject,
        );
      });
      sent.on("error", reject);
      sent.end(text);
    });
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error;
  } finally {
    clearTimeout(timer);
    query.signal?.removeEventListener("abort", giveUp);
  }
}

async function collect(response: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw coded("EFBIG", `the answer is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Why there was no answer, in a few words: `ECONNREFUSED`, `no answer within 3 s`. */
export function describeSilence(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ETIMEDOUT" || code === "EFBIG" || code === undefined ? message : code;
}
