import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** A longer line is told in pieces: a service that never ends its line must not fill the memory. */
const MOST = 64 * 1024;

/** What the engine puts before each message with `timestamps`: RFC 3339 with nanoseconds, and a blank. */
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))(?: |(?=\r?\n|$))/;
const LONGEST_TIME = "2026-11-22T12:00:00.123456789+00:00 \r\n".length;
const LINE_END = 0x0a;

/** The time that bytes begin with, and how many of them it takes with its blank. */
export function timeBefore(bytes: Buffer): { readonly time: string; readonly length: number } {
  // Looked for in the bytes: before it, a character may have been cut in two.
  const [whole = "", time = ""] = TIME.exec(bytes.toString("latin1", 0, LONGEST_TIME)) ?? [];
  return { time, length: whole.length };
}

/**
 * Puts the engine's messages of one stream together to lines; each write is one message, or a part of one that begins
 * without a time. The engine keeps a line beyond 16 KiB in several messages, and puts a time before each of them
 * (moby's copier.go and write_log_stream.go; moby issue 37681): only the first one's is the line's.
 */
export class MessageLines extends Writable {
  readonly #decoder = new StringDecoder("utf8");
  readonly #tell: (time: string, text: string) => void;
  #time = "";
  #text = "";
  /** the line that came last has not ended, though all of it may have been told */
  #open = false;

  constructor(tell: (time: string, text: string) => void) {
    super();
    this.#tell = tell;
  }

  override _write(message: Buffer, _encoding: string, done: () => void): void {
    for (let from = 0; from < message.length; ) {
      const end = message.indexOf(LINE_END, from);
      const next = end < 0 ? message.length : end + 1;
      this.#take(message.subarray(from, next), end >= 0);
      from = next;
    }
    done();
  }

  override _final(done: () => void): void {
    this.#text += this.#decoder.end();
    if (this.#text !== "") this.#tell(this.#time, this.#text);
    done();
  }

  #take(bytes: Buffer, ended: boolean): void {
    const { time, length } = timeBefore(bytes);
    if (!this.#open && time !== "") this.#time = time;
    this.#text += this.#decoder.write(bytes.subarray(length));
    this.#open = !ended;
    if (ended) this.#tell(this.#time, this.#text.replace(/\r?\n$/, ""));
    else if (this.#text.length > MOST) this.#tell(this.#time, this.#text);
    else return;
    this.#text = "";
  }
}
