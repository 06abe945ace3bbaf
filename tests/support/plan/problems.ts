import { formatProblem, StackError } from "../../../plan/errors";

/** The messages of a StackError; none where nothing is thrown. Anything else thrown is a bug and passes. */
export function problemsOf(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof StackError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
}
