import { Writable } from "node:stream";
import { timeBefore } from "./messageLines";

/** A line beyond this is kept by the engine in several messages. Source: defaultBufSize in moby's copier.go. */
const MESSAGE_BYTES = 16 * 1024;

/**
 * Takes a terminal's output, which the engine sends without frames, and writes it on message by message: a message ends with
 * its line, or where it is full.
 */
export class RawMessages extends Writable {
  readonly #messages: Writable;
  #rest: Buffer = Buffer.alloc(0);

  constructor(messages: Writable) {
    super();
    this.#messages = messages;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let length = this.#first(); length > 0; length = this.#first()) {
      this.#messages.write(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
    }
    done();
  }

  override _final(done: () => void): void {
    if (this.#rest.length > 0) this.#messages.write(this.#rest);
    done();
  }

  /** @returns how long the first message is; 0: not all of it is there yet */
  #first(): number {
    const full = timeBefore(this.#rest).length + MESSAGE_BYTES;
    const line = this.#rest.indexOf("\n") + 1;
    if (line > 0 && line <= full) return line;
    return this.#rest.length >= full ? full : 0;
  }
}
