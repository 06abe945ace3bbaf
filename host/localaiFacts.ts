import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LocalaiClient } from "../cli/models/localaiClient";
import { OperationError } from "../plan/errors";
import { type LocalaiFacts, type LocalaiSpec, localaiRecordName } from "../plan/localaiModels";
import { isRecord } from "../plan/yamlDocument";

/** Where a stack remembers what LocalAI's models and backends were installed from, relative to the checkout. */
export function localaiRecordFolder(stack: string): string {
  return `.state/localai/${stack}`;
}

/** People wait for a look, and a preview that knows less does no harm. */
const LOOK_LIMIT_MS = 10_000;

/**
 * Asks LocalAI what it has.
 * @returns undefined where it does not answer, or not as it should: then nothing is known of it
 */
export async function gatherLocalaiFacts(
  url: string,
  apiKey: string,
): Promise<LocalaiFacts | undefined> {
  try {
    const address = { url, hostUrl: url, container: "" };
    return await new LocalaiClient(address, apiKey, LOOK_LIMIT_MS).facts();
  } catch (error) {
    if (error instanceof OperationError) return undefined;
    throw error;
  }
}

/** What each of these was installed from, by the name of its record. */
export function readLocalaiRecords(
  root: string,
  stack: string,
  specs: readonly LocalaiSpec[],
): Record<string, string> {
  const records: Record<string, string> = {};
  for (const name of specs.map(localaiRecordName)) {
    const origin = readLocalaiRecord(join(root, localaiRecordFolder(stack), name));
    if (origin !== undefined) records[name] = origin;
  }
  return records;
}

/** What something was installed from; a record that is lost or damaged is as none. */
export function readLocalaiRecord(path: string): string | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isRecord(record) && typeof record.origin === "string" ? record.origin : undefined;
  } catch {
    return undefined;
  }
}

export function writeLocalaiRecord(path: string, origin: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify({ origin })}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}
