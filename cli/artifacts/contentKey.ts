import { createHash, type Hash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";

// Raised when the cache's own layout changes, so that artifacts of an older aistack are not taken for ours.
const LAYOUT = "1";

/** What decides whether two builds give the same thing. */
export interface KeyParts {
  readonly name: string;
  /** Files and folders; their place on disk does not count, so that a second checkout has the same key. */
  readonly inputs: readonly string[];
  /** Facts beside the files: architecture, versions, keys of other artifacts. */
  readonly keyExtra: readonly string[];
  /** Whether a file does not count, by its path relative to the input's parent folder. */
  readonly exclude?: (path: string) => boolean;
}

/**
 * The first 16 hex digits of a SHA-256 over names, contents and executable bits.
 * Synchronous on purpose: the inputs are a few small files, and this is the fast path of every command.
 */
export function computeKey(parts: KeyParts): string {
  const hash = createHash("sha256");
  addField(hash, LAYOUT);
  addField(hash, parts.name);
  for (const extra of parts.keyExtra) addField(hash, `extra:${extra}`);
  for (const input of parts.inputs) addEntry(hash, input, basename(input), parts.exclude);
  return hash.digest("hex").slice(0, 16);
}

function addEntry(hash: Hash, path: string, label: string, exclude: KeyParts["exclude"]): void {
  const stats = lstatSync(path);
  if (stats.isDirectory()) {
    for (const entry of readdirSync(path).sort()) {
      addEntry(hash, join(path, entry), `${label}/${entry}`, exclude);
    }
  } else if (exclude?.(label)) {
    return;
  } else if (stats.isSymbolicLink()) {
    addField(hash, `link:${label}`);
    addField(hash, readlinkSync(path));
  } else {
    const executable = (stats.mode & 0o111) !== 0;
    addField(hash, `${executable ? "executable" : "file"}:${label}`);
    addField(hash, readFileSync(path));
  }
}

// The length goes first: without it, "ab"+"c" and "a"+"bc" would give the same digest.
function addField(hash: Hash, value: string | Buffer): void {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  hash.update(`${bytes.length}:`).update(bytes);
}
