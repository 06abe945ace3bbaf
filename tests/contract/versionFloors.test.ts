import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { advisoriesOf, floorOf, VERSION_FLOORS } from "../../plan/versionFloors";

const ROOT = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/version-floors.md"), "utf8");

test("docs/version-floors.md has the table's advisories, and the day on which they were gone through", () => {
  const rows = VERSION_FLOORS.floors.flatMap((floor) =>
    floor.advisories.map(({ id, link, since, fixedIn, what }) => {
      const below = floor.action === "refuse" ? "refused" : "a warning";
      const fixed = since === undefined ? fixedIn : `${fixedIn} (since ${since})`;
      return `| ${floor.title} | ${floorOf(floor)} | ${below} | ${fixed} | [${id}](${link}) | ${what} |`;
    }),
  );
  const shown = page.split("\n").filter((line) => /^\| (?!component)/.test(line));
  expect(shown).toEqual(rows);
  expect(page).toContain(`Advisories gone through on ${VERSION_FLOORS.checked}.\n`);
});

test("Ollama's recipe builds a version without any of the flaws", () => {
  const modules = readFileSync(join(ROOT, "images/ollama/go.mod"), "utf8");
  const version = /github\.com\/ollama\/ollama v(\S+)/.exec(modules)?.[1] ?? "";
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(advisoriesOf("ollama", version)).toEqual([]);
});

test("Open WebUI's recipe builds a version without any of the flaws", () => {
  const pins = readFileSync(join(ROOT, "images/openwebui/requirements.in"), "utf8");
  const version = /^open-webui==(\S+)/m.exec(pins)?.[1] ?? "";
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(advisoriesOf("openwebui", version)).toEqual([]);
});
