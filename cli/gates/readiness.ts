import { setTimeout as sleep } from "node:timers/promises";
import { fetchDirectly } from "../../host/fetchDirectly";
import { gateError } from "./gateError";
import { docker, type GateTarget } from "./target";

export interface ReadinessInput extends GateTarget {
  readonly secondsAllowed: number;
}

const POLL_MS = 200;

/** The engine is asked less often than the service: each question starts a process. */
const STATE_EVERY = 10;

/**
 * Waits until a service serves.
 * @throws OperationError, with the service's last log lines, where its container stops or the time is over
 */
export async function waitUntilReady(input: ReadinessInput): Promise<void> {
  const { url, secondsAllowed } = input;
  const deadline = Date.now() + secondsAllowed * 1000;
  for (let round = 0; !(await answers(url)); round += 1) {
    const late = Date.now() >= deadline;
    const state = late || round % STATE_EVERY === 0 ? await stateOf(input) : "running";
    if (late || ["exited", "dead", "missing"].includes(state)) {
      const waited = late ? `within ${secondsAllowed} s` : "at all";
      throw await gateError(
        input,
        `it does not answer at ${url} ${waited} (container ${state})`,
        "Mend what its log says and run it again. ",
      );
    }
    await sleep(POLL_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetchDirectly(url, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

async function stateOf(target: GateTarget): Promise<string> {
  const state = await docker(target, "inspect", "--format={{.State.Status}}", target.container);
  return state?.trim() ?? "missing";
}
