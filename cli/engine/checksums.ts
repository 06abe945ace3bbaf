import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

// The vendor's lists are not alike: the command line's is SHA-256, a plugin's may be SHA-1 with "./"
// before the name (it is written by a bare `shasum`). The length tells which.
const ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [40, "sha1"],
  [64, "sha256"],
  [128, "sha512"],
]);
const LINE = /^([0-9a-f]+) [ *](?:\.\/)?(\S+)$/i;

/** A published checksum. */
export interface Checksum {
  readonly algorithm: string;
  readonly digest: string;
}

/** Finds a file's checksum in a published list; undefined when the list does not have it. */
export function findChecksum(list: string, file: string): Checksum | undefined {
  for (const line of list.split(/\r?\n/)) {
    const [, digest, name] = LINE.exec(line.trim()) ?? [];
    if (digest === undefined || name !== file) continue;
    const algorithm = ALGORITHMS.get(digest.length);
    if (algorithm !== undefined) return { algorithm, digest: digest.toLowerCase() };
  }
  return undefined;
}

/** The digest of a file's content, in hex. */
export async function digestFile(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
