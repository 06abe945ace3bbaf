import { stripVTControlCharacters } from "node:util";
import { formatBar } from "./progressBar";

/**
 * What Pulumi prints of a command's own progress: `+  command:local:Command model-x creating (3s) llama3.2:1b:
 * pulling 6a0746a1ec1a: 50 % of 1.2 GiB`.
 */
const PROGRESS = /command:local:Command \S+ \w+ \(\d+s\) (.+): (\d{1,3}) % of (.+)$/;

const CLEAR_LINE = "\r\u001b[K";

/**
 * Passes an operation's output on to a terminal; lines of progress become a bar that moves on one line.
 * Whatever comes after takes the bar's place.
 */
export class ProgressLines {
  readonly #write: (text: string) => void;
  readonly #columns: () => number;
  #rest = "";
  #isBar = false;

  /** @param columns of the terminal at the moment */
  constructor(write: (text: string) => void, columns: () => number) {
    this.#write = write;
    this.#columns = columns;
  }

  take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
    // Dots of "@ updating....." come one by one and are shown as they come.
    if (this.#rest !== "" && !/command:local:Command/.test(this.#rest)) {
      this.#clear();
      this.#write(this.#rest);
      this.#rest = "";
    }
  }

  #line(line: string): void {
    const match = PROGRESS.exec(stripVTControlCharacters(line));
    this.#clear();
    if (match === null) {
      this.#write(`${line}\n`);
      return;
    }
    const [, title = "", percent = "0", total = ""] = match;
    // In the last column a terminal would already begin the next line.
    this.#write(formatBar(Number(percent) / 100, `${title}: ${total}`, this.#columns() - 1));
    this.#isBar = true;
  }

  #clear(): void {
    if (this.#isBar) this.#write(CLEAR_LINE);
    this.#isBar = false;
  }
}
