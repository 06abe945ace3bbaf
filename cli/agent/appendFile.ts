import { type FileHandle, open } from "node:fs/promises";

/** A write that is still under way when this many characters wait behind it: the disk is gone, and memory is not endless. */
const MOST_WAITING = 4 * 1024 ** 2;

/**
 * A file that lines are appended to, each by one write, in their order. It can be opened anew under its
 * name while lines come in: what was written before goes to the old file, what comes later to the new
 * one, and nothing to neither. Unlike sonic-boom, which pino brings, it tells when a line is in the file.
 */
export class AppendFile {
  readonly #path: string;
  #handle: FileHandle;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #fault: unknown;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** @throws Error of the system where it cannot be opened */
  static async open(path: string): Promise<AppendFile> {
    return new AppendFile(path, await openToAppend(path));
  }

  /** Whether something that was asked for is not done yet. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /** Queues a text. What goes wrong is thrown by the next `flush`. */
  write(text: string): void {
    if (this.#waiting > MOST_WAITING) {
      this.#fault ??= new Error(`${this.#path} takes no more lines`);
      return;
    }
    this.#enqueue(text.length, async () => {
      await this.#handle.appendFile(text);
    });
  }

  /** Opens the file anew: another one, where it was renamed meanwhile. */
  reopen(): void {
    this.#enqueue(1, async () => {
      const next = await openToAppend(this.#path);
      await this.#handle.close();
      this.#handle = next;
    });
  }

  /**
   * Waits until everything asked for so far is done.
   * @throws Error with the first thing that went wrong since the last call
   */
  async flush(): Promise<void> {
    await this.#last;
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) throw fault;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }

  #enqueue(size: number, act: () => Promise<void>): void {
    this.#waiting += size;
    this.#last = this.#last
      .then(act)
      .catch((error: unknown) => {
        this.#fault ??= error;
      })
      .finally(() => {
        this.#waiting -= size;
      });
  }
}

/** Others than the owner and its group have no business in it. */
function openToAppend(path: string): Promise<FileHandle> {
  return open(path, "a", 0o640);
}
