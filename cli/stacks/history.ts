import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "../../plan/yamlDocument";
import { PROJECT, STATE_FOLDER } from "../stackStore";

/** The newest operation that Pulumi has recorded for a stack. */
export interface LastUpdate {
  /** `update`, `destroy`, `refresh`, … */
  readonly kind: string;
  readonly result: string;
  /** when it ended, ISO 8601 */
  readonly time: string;
}

/**
 * Reads the file backend's history, of which a preview is no part.
 * @returns undefined where nothing was ever done, or where the record cannot be read
 */
export function readLastUpdate(root: string, stack: string): LastUpdate | undefined {
  const folder = join(root, STATE_FOLDER, ".pulumi", "history", PROJECT, stack);
  try {
    // minimal-1764043200123456789.history.json: the number is when it began, in nanoseconds.
    const newest = readdirSync(folder)
      .filter((file) => file.endsWith(".history.json"))
      .sort()
      .at(-1);
    if (newest === undefined) return undefined;
    return parseUpdate(JSON.parse(readFileSync(join(folder, newest), "utf8")));
  } catch {
    return undefined;
  }
}

/** Source: pkg/backend/updates.go of pulumi; times are in seconds. */
function parseUpdate(record: unknown): LastUpdate | undefined {
  if (!isRecord(record) || typeof record.endTime !== "number") return undefined;
  return {
    kind: String(record.kind),
    result: String(record.result),
    time: new Date(record.endTime * 1000).toISOString(),
  };
}
