import { HANGUP_IGNORED } from "../host/hangup";

export type EndingSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/**
 * Signals by which a user, a terminal or a service manager ends a command. Under nohup a HUP is none: scripts/aistack.mjs
 * listens to it then, so that it has no effect.
 */
export const ENDING_SIGNALS: readonly EndingSignal[] = HANGUP_IGNORED
  ? ["SIGINT", "SIGTERM"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

let holders = 0;

/** True while something must be brought to its end before a signal may end this process. */
export function signalsAreHeld(): boolean {
  return holders > 0;
}

/**
 * Does something that a signal must not cut off: until it is done, signals are told and have no other effect. Libraries
 * that end their child processes with this one (execa, Ink) leave them alone as long as somebody listens.
 */
export async function holdSignals<Value>(
  tell: (signal: EndingSignal) => void,
  act: () => Promise<Value>,
): Promise<Value> {
  holders += 1;
  for (const name of ENDING_SIGNALS) process.on(name, tell);
  try {
    return await act();
  } finally {
    holders -= 1;
    for (const name of ENDING_SIGNALS) process.off(name, tell);
  }
}
