import type { ComposeFile } from "./composeSchema";
import { isRecord } from "./yamlDocument";

/**
 * Merges files by the rules of the Compose specification: a mapping is merged key by key, a later
 * scalar wins, a list is appended to, but for the lists below. Source: Compose specification,
 * chapter "Merge"; the contract test compares the outcome with `docker compose config`.
 */
export function mergeComposeFiles(files: readonly ComposeFile[]): unknown {
  return files.reduce<unknown>((merged, file) => mergeValue(merged, file, []), {});
}

/** Lists that a later file replaces as a whole. */
const REPLACED = new Set(["command", "entrypoint", "test"]);

/** Lists whose entries are one and the same thing when these fields are equal; the later one wins. */
const KEYED: Readonly<Record<string, (entry: Record<string, unknown>) => string>> = {
  ports: (entry) =>
    `${entry.host_ip ?? ""}:${entry.published ?? ""}:${entry.target}/${entry.protocol}`,
  volumes: (entry) => String(entry.target),
};

function mergeValue(earlier: unknown, later: unknown, path: readonly string[]): unknown {
  if (later === undefined || later === null) return earlier === undefined ? later : earlier;
  if (isRecord(earlier) && isRecord(later)) {
    const merged: Record<string, unknown> = { ...earlier };
    for (const [key, value] of Object.entries(later)) {
      Object.defineProperty(merged, key, {
        value: mergeValue(Object.hasOwn(earlier, key) ? earlier[key] : undefined, value, [
          ...path,
          key,
        ]),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
    return merged;
  }
  if (Array.isArray(earlier) && Array.isArray(later))
    return mergeLists(earlier, later, path.at(-1) ?? "");
  return later;
}

function mergeLists(earlier: unknown[], later: unknown[], key: string): unknown[] {
  if (REPLACED.has(key)) return later;
  const keyOf = KEYED[key];
  const identify = (entry: unknown) =>
    keyOf !== undefined && isRecord(entry) ? keyOf(entry) : JSON.stringify(entry);
  const merged = new Map<string, unknown>();
  for (const entry of [...earlier, ...later]) merged.set(identify(entry), entry);
  return [...merged.values()];
}
