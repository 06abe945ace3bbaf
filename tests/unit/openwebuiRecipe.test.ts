// The recipe installs what its lock file names; the same version stands in four files.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findProjectRoot } from "../../cli/artifacts";

const root = findProjectRoot();
const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
const recipe = (file: string) => read("images", "openwebui", file);

/** What the lock file pins: the first line of each entry, which its hashes follow. */
const entries = recipe("requirements.lock")
  .split(/\n(?=[a-z])/)
  .slice(1);

const version = /^readonly VERSION=(\S+)$/m.exec(recipe("build.sh"))?.[1] ?? "";

test("the image is of the version that the Compose file names", () => {
  expect(read("compose", "openwebui.yaml")).toContain(
    `image: ghcr.io/open-webui/open-webui:v${version}\n`,
  );
  expect(recipe("requirements.in")).toContain(`\nopen-webui==${version}\n`);
  expect(entries.filter((entry) => entry.startsWith(`open-webui==${version} `))).toHaveLength(1);
});

test("every package has its version and its hashes, and comes from no address of its own", () => {
  expect(entries.length).toBeGreaterThan(200);
  const hashes = String.raw`(?: \\\n {4}--hash=sha256:[0-9a-f]{64})+\n?`;
  const entry = new RegExp(String.raw`^[a-z0-9-]+==[\w.]+(?: ; [^\n@]+?)?${hashes}$`);
  expect(entries.filter((text) => !entry.test(text))).toEqual([]);
});

test("what is left out by overrides.txt is installed nowhere", () => {
  const left = recipe("overrides.txt").matchAll(/^([a-z][a-z0-9-]*) ; sys_platform == 'never'$/gm);
  const names = [...left].map(([, name]) => name ?? "");
  expect(names).toContain("torch");
  for (const name of names) {
    const own = entries.filter((entry) => entry.startsWith(`${name}==`));
    expect(own.map((entry) => entry.split(" \\\n")[0])).toEqual([
      expect.stringMatching(/ ; sys_platform == 'never'$/),
    ]);
  }
});
