import { setTimeout as sleep } from "node:timers/promises";
import { queryHttp } from "../../host/httpQuery";
import { gateError } from "./gateError";
import { docker, type GateTarget } from "./target";

export interface ReadinessInput extends GateTarget {
  readonly secondsAllowed: number;
  readonly log: (line: string) => void;
  /** between two lines that say what is waited for; default 30,000 */
  readonly progressMs?: number;
  /** ends the waiting, with the signal's reason */
  readonly signal?: AbortSignal;
}

const POLL_MS = 200;

/** The engine is asked less often than the service: each question starts a process. */
const STATE_EVERY = 10;

/** With a restart policy, a service that cannot start never stops for good: it ends and is started again. */
const MOST_RESTARTS = 3;

const PROGRESS_MS = 30_000;

/** Lists of models are the longest that a service answers its readiness with. */
const MOST_BYTES = 16 * 1024 ** 2;

/** What the engine says of a container. */
interface ContainerState {
  readonly status: string;
  /** how often the engine has started it again */
  readonly restarts: number;
}

/**
 * Waits until a service serves.
 * @throws OperationError, with the service's last log lines, where its container stops, is started again and again, does not
 * run at all, or the time is over
 */
export async function waitUntilReady(input: ReadinessInput): Promise<void> {
  const { url, secondsAllowed, progressMs = PROGRESS_MS, signal } = input;
  const started = Date.now();
  let told = started;
  let first: ContainerState | undefined;
  let state: ContainerState = { status: "running", restarts: 0 };
  for (let round = 0; !(await answers(url)); round += 1) {
    const late = Date.now() - started >= secondsAllowed * 1000;
    if (late || round % STATE_EVERY === 0) {
      state = await stateOf(input);
      first ??= state;
      await refuse(input, state, state.restarts - first.restarts, late);
    }
    if (Date.now() - told >= progressMs) {
      told = Date.now();
      const seconds = Math.round((told - started) / 1000);
      input.log(`not ready after ${seconds} s (container ${state.status})`);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** What a container in such a state needs before anything else is looked at. */
const STANDING: Readonly<Record<string, (container: string) => string>> = {
  paused: (container) => `Let it go on with: docker unpause ${container}. `,
  created: (container) => `It was never started. Start it with: docker start ${container}. `,
};

const MEND = "Mend what its log says and run it again. ";

/** @throws OperationError where it is of no use to wait any longer */
async function refuse(
  input: ReadinessInput,
  { status }: ContainerState,
  restarts: number,
  late: boolean,
): Promise<void> {
  const silent = `it does not answer at ${input.hostUrl}`;
  const standing = STANDING[status]?.(input.container);
  if (restarts >= MOST_RESTARTS)
    throw await gateError(input, `it ends and is started again, ${restarts} times by now`, MEND);
  if (standing !== undefined || ["exited", "dead", "missing"].includes(status))
    throw await gateError(input, `${silent} at all (container ${status})`, standing ?? MEND);
  if (late)
    throw await gateError(
      input,
      `${silent} within ${input.secondsAllowed} s (container ${status})`,
      MEND,
    );
}

async function answers(url: string): Promise<boolean> {
  try {
    const { status } = await queryHttp(url, { limitMs: 5_000, mostBytes: MOST_BYTES });
    return status === 200;
  } catch {
    return false;
  }
}

async function stateOf(target: GateTarget): Promise<ContainerState> {
  const format = "--format={{.State.Status}}/{{.RestartCount}}";
  const said = await docker(target, "inspect", format, target.container);
  const [status = "missing", restarts = "0"] = said?.trim().split("/") ?? [];
  return { status, restarts: Number(restarts) };
}
