import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { computeKey, type KeyParts } from "../../cli/artifacts/contentKey";

function makeRecipe(script = "echo hi\n"): string {
  const folder = join(mkdtempSync(join(tmpdir(), "key-")), "recipe");
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "build.sh"), script, { mode: 0o755 });
  writeFileSync(join(folder, "src", "a.go"), "package a\n");
  return folder;
}

function keyOf(folder: string, parts: Partial<KeyParts> = {}): string {
  return computeKey({ name: "thing", inputs: [folder], keyExtra: ["x64"], ...parts });
}

test("two checkouts with the same content have the same key", () => {
  const key = keyOf(makeRecipe());
  expect(key).toMatch(/^[0-9a-f]{16}$/);
  expect(keyOf(makeRecipe())).toBe(key);
});

test.each<[string, (folder: string) => void]>([
  ["a changed byte", (folder) => writeFileSync(join(folder, "src", "a.go"), "package b\n")],
  ["a new file", (folder) => writeFileSync(join(folder, "src", "b.go"), "")],
  ["a lost executable bit", (folder) => chmodSync(join(folder, "build.sh"), 0o644)],
  ["a new link", (folder) => symlinkSync("a.go", join(folder, "src", "c.go"))],
])("%s gives another key", (_what, change) => {
  const folder = makeRecipe();
  const before = keyOf(folder);
  change(folder);
  expect(keyOf(folder)).not.toBe(before);
});

test("the name and every extra fact count", () => {
  const folder = makeRecipe();
  const keys = [
    keyOf(folder),
    keyOf(folder, { name: "other" }),
    keyOf(folder, { keyExtra: ["arm64"] }),
    keyOf(folder, { keyExtra: ["x", "64"] }),
    keyOf(folder, { keyExtra: [] }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test("one file's content cannot pass for two files", () => {
  const two = makeRecipe();
  writeFileSync(join(two, "one"), "ab");
  writeFileSync(join(two, "two"), "c");
  const one = makeRecipe();
  writeFileSync(join(one, "one"), "abfile:recipe/twoc");
  const exclude = (path: string) => !/\/(?:one|two)$/.test(path);
  expect(keyOf(one, { exclude })).not.toBe(keyOf(two, { exclude }));
});

test("an excluded file does not count, and is named by its path below the input", () => {
  const folder = makeRecipe();
  const seen: string[] = [];
  const exclude = (path: string) => {
    seen.push(path);
    return path.endsWith("_test.go");
  };
  const before = keyOf(folder, { exclude });
  expect(seen).toEqual(["recipe/build.sh", "recipe/src/a.go"]);
  writeFileSync(join(folder, "src", "a_test.go"), "package a\n");
  expect(keyOf(folder, { exclude })).toBe(before);
  expect(keyOf(folder)).not.toBe(before);
});
