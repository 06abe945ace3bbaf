/**
 * A fault of the user's input or of the host, told in the user's terms.
 * `what` is wrong, `where` it is (file:line or configuration path), `fix` mends it.
 */
export interface Problem {
  readonly what: string;
  readonly where?: string;
  readonly fix?: string;
}

/** One line a problem: `where: what. fix`, the shape every message of aistack has. */
export function formatProblem(problem: Problem): string {
  const where = problem.where === undefined ? "" : `${problem.where}: `;
  const fix = problem.fix === undefined ? "" : `. ${problem.fix}`;
  return `${where}${problem.what}${fix}`;
}

/**
 * Carries every problem found, never the first alone. Printed without a stack; any other error is a
 * bug of aistack and keeps its stack.
 */
export class StackError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join("\n"), options);
    this.name = "StackError";
    this.problems = problems;
  }
}

/** Collects problems while a reading goes on, so that the user gets all of them at once. */
export class ProblemList {
  readonly #problems: Problem[] = [];

  add(problem: Problem): void {
    this.#problems.push(problem);
  }

  addAll(problems: readonly Problem[]): void {
    this.#problems.push(...problems);
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** @throws StackError with everything collected, when there is anything */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw new StackError(this.#problems);
  }
}

/** An operation that began and failed: the input was right, the world was not. */
export class OperationError extends StackError {
  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems, options);
    this.name = "OperationError";
  }
}

/** Something that the host must have is missing: the engine, a package, a supported distribution. */
export class HostNotReadyError extends StackError {
  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems, options);
    this.name = "HostNotReadyError";
  }
}
