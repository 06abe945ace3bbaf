import { setTimeout as sleep } from "node:timers/promises";

/** Does something again and again, with a pause between the end of one time and the next, until the signal. */
export async function repeat(
  pauseMs: number,
  signal: AbortSignal,
  act: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await act();
    try {
      await sleep(pauseMs, undefined, { signal });
    } catch {
      // The pause was cut short: it is over.
    }
  }
}
