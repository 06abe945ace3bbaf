import { readFileSync } from "node:fs";
import { isRecord } from "../../../plan/yamlDocument";
import { logPath } from "../../log";
import type { UiEvent } from "../state";

/** Verbs that change something: that one of them ended is worth telling. */
const CHANGING = new Set(["install", "up", "destroy", "start", "stop", "restart"]);

const MOST = 5;

/** The last things that aistack itself did from a checkout, from its log. */
export function readLogEvents(checkout: string, path = logPath()): UiEvent[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return text
    .split("\n")
    .flatMap((line) => toLogEvent(line, checkout) ?? [])
    .slice(-MOST);
}

/** `aistack up ended with 0`; undefined for everything else that a log holds. */
export function toLogEvent(line: string, checkout: string): UiEvent | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(record) || record.event !== "app.exited" || record.checkout !== checkout)
    return undefined;
  const { verb, exitCode, signal, time } = record;
  if (!CHANGING.has(String(verb))) return undefined;
  return {
    time: new Date(String(time)),
    text: `aistack ${verb} ended with ${exitCode ?? signal}`,
  };
}
