import { HostNotReadyError, OperationError } from "../../plan/errors";
import { engineProblem } from "../../plan/preflight";

/** What node's sockets say where nobody listens, or where who listened went away in the middle of an answer. */
const STATES: Readonly<Record<string, "absent" | "denied" | "down">> = {
  ENOENT: "absent",
  EACCES: "denied",
  ECONNREFUSED: "down",
  ECONNRESET: "down",
  EPIPE: "down",
  ETIMEDOUT: "down",
  EHOSTUNREACH: "down",
};

/**
 * Turns what the engine's client throws into what a user can act upon.
 * @param where the object that was asked about
 * @returns the error itself where it is none of the engine's: a bug keeps its stack; a connection over SSH has said by
 * itself why it broke
 */
export function toUserError(error: unknown, where: string): unknown {
  const { code, statusCode, json, message } = error as {
    code?: string;
    statusCode?: number;
    json?: { message?: string };
    message?: string;
  };
  const state = STATES[code ?? ""];
  if (state !== undefined) {
    const problem = engineProblem({ docker: { state } });
    return new HostNotReadyError(problem === undefined ? [] : [problem], { cause: error });
  }
  if (statusCode === undefined) return error;
  const what = `the Docker engine refused: ${json?.message ?? message}`;
  return new OperationError([{ what, where }], { cause: error });
}

/** Runs `ask`; what the engine's client throws becomes a user's error. */
export async function askEngine<Value>(where: string, ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    throw toUserError(error, where);
  }
}

/** The same, but undefined where the engine has no such object. */
export async function findInEngine<Value>(
  where: string,
  ask: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await ask();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw toUserError(error, where);
  }
}
