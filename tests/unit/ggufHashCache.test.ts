import { createHash } from "node:crypto";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileSha256, HASH_CACHE_FILE } from "../../cli/models/hashCache";

const LONG_AGO = new Date("2026-01-01T00:00:00Z");
const HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const FORGED = "f".repeat(64);

let folder: string;
let cache: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-hash-"));
  cache = join(folder, "state", "cache");
  path = join(folder, "model.gguf");
  write("hello");
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(content: string, changed = LONG_AGO): void {
  writeFileSync(path, content);
  utimesSync(path, changed, changed);
}

function cacheFile(): string {
  return join(cache, HASH_CACHE_FILE);
}

function readCache(): string {
  return readFileSync(cacheFile(), "utf8");
}

/** Puts a wrong hash into the cache: it is returned when, and only when, the file is not read. */
function forge(): void {
  writeFileSync(
    cacheFile(),
    readCache().replaceAll(/"sha256": "[0-9a-f]*"/g, `"sha256": "${FORGED}"`),
  );
}

describe("fileSha256", () => {
  test("without a folder the file is read", async () => {
    expect(await fileSha256(path)).toBe(HELLO);
    expect(readdirSync(folder)).toEqual(["model.gguf"]);
  });

  test("a file that is larger than one read", async () => {
    const content = "x".repeat(3_000_001);
    write(content);
    expect(await fileSha256(path)).toBe(createHash("sha256").update(content).digest("hex"));
  });

  test("remembers by size, time and inode, for the owner only", async () => {
    expect(await fileSha256(path, cache)).toBe(HELLO);
    const { size, mtimeNs, ino } = statSync(path, { bigint: true });
    expect(JSON.parse(readCache())).toEqual({
      version: 1,
      files: { [path]: { seen: `${size}:${mtimeNs}:${ino}`, sha256: HELLO } },
    });
    expect(statSync(cacheFile()).mode & 0o777).toBe(0o600);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    expect(readdirSync(cache)).toEqual([HASH_CACHE_FILE]);
  });

  test("an unchanged file is not read again, by whatever name it is called", async () => {
    await fileSha256(path, cache);
    forge();
    expect(await fileSha256(path, cache)).toBe(FORGED);
    const alias = join(folder, "alias.gguf");
    symlinkSync(path, alias);
    expect(await fileSha256(alias, cache)).toBe(FORGED);
  });

  test.each([
    ["size", () => write("hello!")],
    ["time", () => write("hello", new Date("2026-01-02T00:00:00Z"))],
    [
      "inode",
      () => {
        // A second file first, so that the first one's inode is not given out again.
        writeFileSync(join(folder, "other"), "");
        rmSync(path);
        writeFileSync(join(folder, "another"), "");
        write("hello");
      },
    ],
  ])("a file of another %s is read again", async (_, change) => {
    await fileSha256(path, cache);
    forge();
    change();
    expect(await fileSha256(path, cache)).toBe(
      createHash("sha256").update(readFileSync(path)).digest("hex"),
    );
  });

  test("a file that has only just been written is not remembered", async () => {
    write("hello", new Date());
    expect(await fileSha256(path, cache)).toBe(HELLO);
    expect(() => readCache()).toThrow("ENOENT");
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '{"version":2,"files":{}}',
    '{"version":1,"files":[]}',
    '{"version":1,"files":{"/a":{"seen":1,"sha256":"x"},"/b":null}}',
  ])("a damaged cache is as an empty one: %s", async (content) => {
    await fileSha256(path, cache);
    writeFileSync(cacheFile(), content);
    expect(await fileSha256(path, cache)).toBe(HELLO);
    expect(Object.keys(JSON.parse(readCache()).files)).toEqual([path]);
  });

  test("a folder that cannot be made does not keep the hash back", async () => {
    expect(await fileSha256(path, join(path, "below"))).toBe(HELLO);
  });

  test("keeps what it knows of other files, but not without end", async () => {
    await fileSha256(path, cache);
    const entry = { seen: "1:1:1", sha256: HELLO };
    const files = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`/m/${n}`, entry]));
    writeFileSync(cacheFile(), JSON.stringify({ version: 1, files }));
    await fileSha256(path, cache);
    const names = Object.keys(JSON.parse(readCache()).files);
    expect([names.length, names[0], names.at(-1)]).toEqual([500, "/m/1", path]);
  });

  test("a missing file is an error", async () => {
    await expect(fileSha256(join(folder, "none"), cache)).rejects.toThrow("ENOENT");
  });
});
