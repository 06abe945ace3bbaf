import { OperationError, type Problem, StackError } from "../../plan/errors";

/** Something that is acted upon once all those that it waits for are done. */
export interface Ordered {
  readonly name: string;
}

/**
 * Acts upon each item as soon as those that it waits for are done; what need not wait goes on side by side.
 * Where one fails, those that wait for it are left alone and the others go on.
 * @param waitsFor names of items; those that are not among the items count as done
 * @throws OperationError with every problem; anything that is no user's error as it is
 */
export async function runInOrder<Item extends Ordered>(
  items: readonly Item[],
  waitsFor: (item: Item) => readonly string[],
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const runs = new Map<string, Promise<void>>();
  const run = (item: Item): Promise<void> => {
    const started = runs.get(item.name);
    if (started !== undefined) return started;
    const first = items.filter(({ name }) => waitsFor(item).includes(name));
    const running = Promise.all(first.map(run)).then(() => act(item));
    runs.set(item.name, running);
    return running;
  };
  const outcomes = await Promise.allSettled(items.map(run));
  // Those that waited for a failed one fail with its very error.
  const errors = new Set(
    outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : [])),
  );
  if (errors.size === 0) return;
  const problems: Problem[] = [];
  for (const error of errors) {
    if (!(error instanceof StackError)) throw error;
    problems.push(...error.problems);
  }
  throw new OperationError(problems, { cause: [...errors][0] });
}
