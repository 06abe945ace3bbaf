import type { ComposeFile } from "./composeSchema";
import { isRecord } from "./yamlDocument";

/**
 * Merges files as `docker compose` does, which is not quite what the specification's chapter
 * "Merge" says: a mapping is merged key by key, a later scalar wins, a list is appended to, but for
 * what stands below. Source: override/merge.go and override/uncity.go of compose-go 2.6; the
 * contract test compares the outcome with `docker compose config`.
 */
export function mergeComposeFiles(files: readonly ComposeFile[]): unknown {
  return files.reduce<unknown>((merged, file) => mergeValue(merged, file, []), {});
}

type Path = readonly string[];

/** Values that a later file replaces as a whole, even with nothing. */
function isReplaced(path: Path): boolean {
  if (path[0] !== "services") return false;
  const [, , key, inner] = path;
  if (path.length === 3) return key === "command" || key === "entrypoint";
  return (
    path.length === 4 && (key === "environment" || (key === "healthcheck" && inner === "test"))
  );
}

/** What makes an entry of a list the same as an earlier one, whose place it then takes. */
const IDENTITIES: Readonly<Record<string, (entry: unknown) => unknown>> = {
  cap_add: beforeEquals,
  cap_drop: beforeEquals,
  profiles: beforeEquals,
  tmpfs: beforeEquals,
  ports: (entry) => {
    const { host_ip, published, target, protocol } = entry as Record<string, unknown>;
    return `${host_ip ?? "0.0.0.0"}:${published ?? ""}:${target}/${protocol}`;
  },
  volumes: (entry) => (entry as Record<string, unknown>).target,
};

function mergeValue(earlier: unknown, later: unknown, path: Path): unknown {
  if (later === undefined) return earlier;
  if (isReplaced(path)) return later;
  if (later === null) return earlier ?? null;
  if (isRecord(later)) {
    const base = isRecord(earlier) && !isOtherDriver(earlier, later, path) ? earlier : {};
    const merged = new Map(Object.entries(base));
    for (const [key, value] of Object.entries(later))
      merged.set(key, mergeValue(merged.get(key), value, [...path, key]));
    return Object.fromEntries(merged);
  }
  if (Array.isArray(later)) return mergeLists(Array.isArray(earlier) ? earlier : [], later, path);
  return later;
}

/** Options of one logging driver mean nothing to another. */
function isOtherDriver(
  earlier: Record<string, unknown>,
  later: Record<string, unknown>,
  path: Path,
): boolean {
  if (path.length !== 3 || path[0] !== "services" || path[2] !== "logging") return false;
  const drivers = [earlier.driver, later.driver];
  return !drivers.includes(undefined) && earlier.driver !== later.driver;
}

function mergeLists(earlier: unknown[], later: unknown[], path: Path): unknown[] {
  const all = [...earlier, ...later];
  const identity = path.length === 3 ? IDENTITIES[path[2] ?? ""] : undefined;
  if (identity === undefined) return all;
  return [...new Map(all.map((entry) => [identity(entry), entry])).values()];
}

function beforeEquals(entry: unknown): string {
  return String(entry).split("=", 1)[0] ?? "";
}
