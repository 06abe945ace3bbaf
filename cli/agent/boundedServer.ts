import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A client gets this long for everything: asking, and taking the answer. */
const LIMIT_MS = 5000;
const MOST_CONNECTIONS = 16;
const MOST_HEADER_BYTES = 4096;

export interface Page {
  readonly contentType: string;
  readonly body: string;
}

/** What is served: a page by its path, made anew for each request. */
export type Pages = Readonly<Record<string, () => Page>>;

/**
 * A server for small texts that are read and nothing else. It takes no body, and a client that is slow,
 * large or many costs it nothing.
 * @param isAllowed whether a request may be answered; a page of another site must not read it by a browser
 */
export function createBoundedServer(
  pages: Pages,
  isAllowed: (request: IncomingMessage) => boolean = () => true,
): Server {
  const server = createServer(
    // The limit below is a connection's own; Node's would wake the process up twice a minute.
    { maxHeaderSize: MOST_HEADER_BYTES, connectionsCheckingInterval: 2 ** 31 - 1 },
    (request, response) => answer(request, response, pages, isAllowed),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on("connection", limitTime);
  return server;
}

function limitTime(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LIMIT_MS);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pages: Pages,
  isAllowed: (request: IncomingMessage) => boolean,
): void {
  response.setHeader("connection", "close");
  const found = find(request, pages, isAllowed);
  if (typeof found === "number") {
    // What is still on its way to us is not waited for.
    response.writeHead(found).end(() => request.socket.destroy());
    return;
  }
  response.setHeader("content-type", found.contentType);
  response.end(found.body);
}

/** The page asked for, or the HTTP status that refuses it. */
function find(
  request: IncomingMessage,
  pages: Pages,
  isAllowed: (request: IncomingMessage) => boolean,
): Page | number {
  if (hasBody(request)) return 413;
  if (request.method !== "GET") return 405;
  if (!isAllowed(request)) return 403;
  const path = request.url ?? "";
  return (Object.hasOwn(pages, path) ? pages[path]?.() : undefined) ?? 404;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Whether a request names this machine as its host: a name of the outside may have been pointed here. */
export function isForLoopback({ headers }: IncomingMessage): boolean {
  return /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(headers.host ?? "");
}
