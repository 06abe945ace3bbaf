import { createInterface } from "node:readline/promises";
import { StackError } from "../plan/errors";

/** Where a question is asked; streams of tests stand in for the terminal. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks a question that only "yes" or "y" answers with yes. Ctrl+C and Ctrl+D are a no.
 * @throws StackError where the answer is no, or where nobody can be asked
 */
export async function confirm(
  question: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stdout },
): Promise<void> {
  if (input.isTTY !== true) {
    throw new StackError([
      {
        what: "there is no terminal to ask on, so nothing was changed",
        fix: "Add --yes to go on without a question",
      },
    ]);
  }
  const answer = await ask(`${question} [y/N] `, { input, output });
  if (answer === undefined) output.write("\n");
  if (!/^y(es)?$/i.test(answer?.trim() ?? ""))
    throw new StackError([{ what: "nothing was changed" }]);
}

/** @returns undefined where the terminal was closed in the place of an answer */
function ask(prompt: string, { input, output }: Terminal): Promise<string | undefined> {
  const terminal = createInterface({ input, output, terminal: true });
  return new Promise((answered, failed) => {
    // Ctrl+D ends the interface without a word to whoever waits for the answer.
    terminal.once("close", () => answered(undefined));
    terminal
      .question(prompt)
      .then(answered, (error: Error) =>
        error.name === "AbortError" ? answered(undefined) : failed(error),
      )
      .finally(() => terminal.close());
  });
}
