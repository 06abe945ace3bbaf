import { expect, test } from "vitest";
import { watchdogSeconds } from "../../plan/agentConfig";
import { heartbeatIntervalMs, readWatchdog } from "../../plan/watchdog";

test.each([
  [{ WATCHDOG_USEC: "90000000", WATCHDOG_PID: "42" }, { timeoutMs: 90_000 }],
  [{ WATCHDOG_USEC: "3000000" }, { timeoutMs: 3000 }],
  // Meant for the parent: a child that inherits the environment does not answer for it.
  [{ WATCHDOG_USEC: "90000000", WATCHDOG_PID: "41" }, undefined],
  [{ WATCHDOG_PID: "42" }, undefined],
  [{ WATCHDOG_USEC: "0", WATCHDOG_PID: "42" }, undefined],
  [{ WATCHDOG_USEC: "soon", WATCHDOG_PID: "42" }, undefined],
  [{}, undefined],
])("%j, read by process 42: %j", (environment, watchdog) => {
  expect(readWatchdog(environment, 42)).toEqual(watchdog);
});

test.each([
  [30, undefined, 30_000],
  [30, { timeoutMs: 90_000 }, 30_000],
  [30, { timeoutMs: 60_000 }, 30_000],
  // A shorter watchdog is fed by more heartbeats, never by a timer of its own.
  [30, { timeoutMs: 20_000 }, 10_000],
  [3600, { timeoutMs: 3000 }, 1500],
])("heartbeats every %j s under the watchdog %j: %j ms", (seconds, watchdog, interval) => {
  expect(heartbeatIntervalMs(seconds, watchdog)).toBe(interval);
});

test.each([1, 30, 3600])(
  "the unit's watchdog for %j s leaves that interval as it is",
  (seconds) => {
    const watchdog = { timeoutMs: watchdogSeconds(seconds) * 1000 };
    expect(heartbeatIntervalMs(seconds, watchdog)).toBe(seconds * 1000);
  },
);
