import { createHash, randomUUID } from "node:crypto";
import { type BigIntStats, createReadStream } from "node:fs";
import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export const HASH_CACHE_FILE = "file-hashes.json";

const VERSION = 1;
const MAX_ENTRIES = 500;
const READ_BYTES = 1 << 20;
// A file that was written to just now may be written to again without its time changing, because the
// clock of a file system ticks in steps: such a hash is not kept.
const SETTLED_NS = 2_000_000_000n;

interface Entry {
  /** size, time of the last change and inode, as the file had them when it was hashed */
  readonly seen: string;
  readonly sha256: string;
}

type Entries = Readonly<Record<string, Entry>>;

/**
 * A file's SHA-256 in hexadecimal digits.
 * @param folder where hashes are remembered, so that an unchanged file is read once only
 */
export async function fileSha256(path: string, folder?: string): Promise<string> {
  if (folder === undefined) return hashFile(path);
  const key = await realpath(path);
  const before = await stat(key, { bigint: true });
  const known = (await readEntries(folder))[key];
  if (known?.seen === describe(before)) return known.sha256;

  const sha256 = await hashFile(key);
  const after = await stat(key, { bigint: true });
  if (isSettled(after) && describe(after) === describe(before))
    await remember(folder, key, { seen: describe(after), sha256 });
  return sha256;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: READ_BYTES }), hash);
  return hash.digest("hex");
}

function isSettled({ mtimeNs }: BigIntStats): boolean {
  const age = BigInt(Date.now()) * 1_000_000n - mtimeNs;
  return age > SETTLED_NS || age < -SETTLED_NS;
}

function describe({ size, mtimeNs, ino }: BigIntStats): string {
  return `${size}:${mtimeNs}:${ino}`;
}

// A lost or damaged cache costs time, never correctness, so whatever is wrong with it reads as empty.
async function readEntries(folder: string): Promise<Entries> {
  try {
    const content: unknown = JSON.parse(await readFile(join(folder, HASH_CACHE_FILE), "utf8"));
    if (!isObject(content) || content.version !== VERSION || !isObject(content.files)) return {};
    return Object.fromEntries(
      Object.entries(content.files).filter((entry): entry is [string, Entry] => isEntry(entry[1])),
    );
  } catch {
    return {};
  }
}

function isEntry(value: unknown): value is Entry {
  return (
    isObject(value) &&
    typeof value.seen === "string" &&
    typeof value.sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(value.sha256)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function remember(folder: string, key: string, entry: Entry): Promise<void> {
  const temporary = join(folder, `${HASH_CACHE_FILE}.${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { [key]: _, ...others } = await readEntries(folder);
    const files = Object.fromEntries([...Object.entries(others), [key, entry]].slice(-MAX_ENTRIES));
    await writeFile(temporary, `${JSON.stringify({ version: VERSION, files }, null, 1)}\n`, {
      mode: 0o600,
    });
    await rename(temporary, join(folder, HASH_CACHE_FILE));
  } catch {
    // A folder that cannot be written to must not keep the hash from its caller.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}
