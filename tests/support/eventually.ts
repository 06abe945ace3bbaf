import { setTimeout as sleep } from "node:timers/promises";

const LIMIT_MS = 30_000;

/**
 * Waits for something that takes a moment.
 * @param what the thing waited for, or what says how far it has come
 * @throws Error where it has not happened within thirty seconds
 */
export async function eventually(
  condition: () => boolean,
  what: string | (() => string),
): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!condition()) {
    if (performance.now() > deadline) {
      const told = typeof what === "string" ? what : what();
      throw new Error(`${told} did not happen within thirty seconds`);
    }
    await sleep(20);
  }
}
