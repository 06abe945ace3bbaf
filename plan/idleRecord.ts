import { isRecord } from "./dataPath";
import type { IdleRecord } from "./idleDecision";

/**
 * Reads idle.json. Checked by hand: a schema would take a tenth of an idle check's time.
 * @returns undefined where it is damaged, or another version's: the clock starts anew
 */
export function parseIdleRecord(text: string): IdleRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isIdleRecord(value) ? value : undefined;
}

function isIdleRecord(value: unknown): value is IdleRecord {
  return (
    isRecord(value) &&
    isTime(value.time) &&
    typeof value.idle === "boolean" &&
    (value.idleSince === null || isTime(value.idleSince)) &&
    isListOf(value.reasons, isText) &&
    isListOf(value.actions, isText) &&
    isRecord(value.observed) &&
    isCpuTimes(value.observed.cpu) &&
    isOllamaReading(value.observed.ollama) &&
    isListOf(value.observed.connections, hasTexts("service", "peer"))
  );
}

function isCpuTimes(value: unknown): boolean {
  if (value === null) return true;
  return isRecord(value) && typeof value.busy === "number" && typeof value.total === "number";
}

function isOllamaReading(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (value.state !== "answers") return isText(value.state);
  return isListOf(value.models, hasTexts("name", "expiresAt"));
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function hasTexts(...keys: readonly string[]): (value: unknown) => boolean {
  return (value) => isRecord(value) && keys.every((key) => isText(value[key]));
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTime(value: unknown): boolean {
  return isText(value) && !Number.isNaN(Date.parse(value));
}
