import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** A longer line is told in pieces: a service that never ends its line must not fill the memory. */
const MOST = 64 * 1024;

/** Takes what a stream brings and tells it line by line; the rest when the stream ends. */
export class LineSplitter extends Writable {
  readonly #decoder = new StringDecoder("utf8");
  readonly #tell: (line: string) => void;
  #rest = "";

  constructor(tell: (line: string) => void) {
    super();
    this.#tell = tell;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#tell(line.replace(/\r$/, ""));
    if (this.#rest.length > MOST) {
      this.#tell(this.#rest);
      this.#rest = "";
    }
    done();
  }

  override _final(done: () => void): void {
    const rest = this.#rest + this.#decoder.end();
    if (rest !== "") this.#tell(rest);
    done();
  }
}
