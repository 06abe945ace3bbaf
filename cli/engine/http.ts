import { createWriteStream } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Raised when a server cannot be used: no answer, an error, or an answer that breaks off. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** How far a download has come, in bytes; the total is 0 when the server does not say. */
export type OnBytes = (done: number, total: number) => void;

/** Fetches a small text; the whole exchange has `limitMs`. */
export async function fetchText(url: string, limitMs: number): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
    if (!response.ok) throw new Unreachable(`${url} answered ${response.status}`);
    return await response.text();
  } catch (error) {
    throw explain(url, error, limitMs);
  }
}

/** Fetches a file to disk; gives up when no byte has come for `stallMs`. */
export async function fetchFile(
  url: string,
  path: string,
  stallMs: number,
  onBytes: OnBytes,
): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(
    () => stalled.abort(new DOMException("stalled", "TimeoutError")),
    stallMs,
  );
  try {
    const response = await fetch(url, { signal: stalled.signal });
    if (!response.ok || response.body === null) {
      throw new Unreachable(`${url} answered ${response.status}`);
    }
    const total = Number(response.headers.get("content-length") ?? 0);
    let done = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        timer.refresh();
        done += chunk.length;
        onBytes(done, total);
        next(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), count, createWriteStream(path));
  } catch (error) {
    throw explain(url, error, stallMs);
  } finally {
    clearTimeout(timer);
  }
}

function explain(url: string, error: unknown, limitMs: number): Unreachable {
  if (error instanceof Unreachable) return error;
  if (error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError")) {
    return new Unreachable(`${url} did not answer within ${limitMs / 1000} s`, { cause: error });
  }
  // fetch says only "fetch failed" or "terminated"; its cause names the fault.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new Unreachable(`${url} cannot be reached: ${message}`, { cause: error });
}
