import { createInterface } from "node:readline/promises";
import { StackError } from "../plan/errors";

/**
 * Asks a question that only "yes" or "y" answers with yes.
 * @throws StackError where the answer is no, or where nobody can be asked
 */
export async function confirm(question: string): Promise<void> {
  if (process.stdin.isTTY !== true) {
    throw new StackError([
      {
        what: "there is no terminal to ask on, so nothing was changed",
        fix: "Add --yes to go on without a question",
      },
    ]);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new StackError([{ what: "nothing was changed" }]);
  } finally {
    terminal.close();
  }
}
