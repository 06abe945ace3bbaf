/** What systemd expects of a process as a sign of life. */
export interface Watchdog {
  /** how long it waits before it restarts the process */
  readonly timeoutMs: number;
}

/**
 * Reads what systemd hands to a process: WATCHDOG_USEC, and WATCHDOG_PID, which keeps a child that
 * inherits the environment from answering for its parent.
 * @returns undefined where nobody waits for signs of life of this process
 */
export function readWatchdog(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): Watchdog | undefined {
  const { WATCHDOG_USEC: microseconds = "", WATCHDOG_PID: meant } = environment;
  if (!/^[1-9]\d*$/.test(microseconds)) return undefined;
  if (meant !== undefined && meant !== String(pid)) return undefined;
  return { timeoutMs: Number(microseconds) / 1000 };
}

/**
 * Time from one heartbeat to the next. A watchdog that is shorter than two heartbeats makes them come
 * more often, so that each sign of life stands for a heartbeat that was really finished.
 */
export function heartbeatIntervalMs(
  heartbeatSeconds: number,
  watchdog: Watchdog | undefined,
): number {
  const wanted = heartbeatSeconds * 1000;
  return watchdog === undefined ? wanted : Math.min(wanted, watchdog.timeoutMs / 2);
}
