import type { Progress } from "./artifacts";
import { formatBar } from "./progressBar";

/** Columns that a line of a list takes before its text: indentation and mark on the left, a margin on the right. */
const MARGIN = 6;

/**
 * Tells a step's progress as lines: on a terminal a bar, each in the place of the one before; elsewhere one line for
 * each tenth.
 * @param columns of the terminal at the moment; undefined: there is none
 */
export function progressReporter(
  write: (line: string) => void,
  columns: (() => number) | undefined,
): (title: string, progress: Progress) => void {
  let lastTenth = "";
  return (title, { done, total, text }) => {
    const share = total === 0 ? 0 : Math.min(1, done / total);
    if (columns !== undefined) {
      write(formatBar(share, `${title}: ${text}`, columns() - MARGIN));
      return;
    }
    const tenth = `${title} ${Math.floor(share * 10)}`;
    if (tenth !== lastTenth) write(`${title}: ${Math.floor(share * 100)} % ${text}`.trimEnd());
    lastTenth = tenth;
  };
}
