import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { replaceFile } from "../../host/replaceFile";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-replace-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const mode = (path: string) => statSync(path).mode & 0o777;

test("makes the folders and the file with its mode, whatever the umask", () => {
  const before = process.umask(0o077);
  try {
    replaceFile(join(folder, "a/b/report.json"), "text", 0o644);
  } finally {
    process.umask(before);
  }
  expect(readFileSync(join(folder, "a/b/report.json"), "utf8")).toBe("text");
  expect(mode(join(folder, "a/b/report.json"))).toBe(0o644);
  expect(readdirSync(join(folder, "a/b"))).toEqual(["report.json"]);
});

test("replaces a file, and its mode", () => {
  const path = join(folder, "report.json");
  writeFileSync(path, "a longer text than the new one", { mode: 0o600 });
  replaceFile(path, "new", 0o644);
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(mode(path)).toBe(0o644);
});

test("replaces a link, and leaves alone what it names", () => {
  const victim = join(folder, "victim");
  const path = join(folder, "report.json");
  writeFileSync(victim, "kept");
  symlinkSync(victim, path);
  replaceFile(path, "new", 0o644);
  expect(lstatSync(path).isSymbolicLink()).toBe(false);
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(readFileSync(victim, "utf8")).toBe("kept");
});

test("leaves nothing behind where it cannot write", () => {
  const path = join(folder, "report.json");
  mkdirSync(join(path, "in the way"), { recursive: true });
  expect(() => replaceFile(path, "new", 0o644)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(folder)).toEqual(["report.json"]);
});
