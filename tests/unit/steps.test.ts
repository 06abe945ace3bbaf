import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder: string;
let bundle: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aistack-steps-"));
  bundle = join(folder, "steps.mjs");
  await build({
    stdin: {
      resolveDir: join(import.meta.dirname, "../.."),
      loader: "ts",
      contents: `
        import { runSteps } from "./cli/steps";
        const ways = {
          done: async ({ note, progress }) => {
            note("looking");
            for (const done of [0, 5, 50]) progress("pulling", { done, total: 100, text: done + " MiB" });
            return "pulled";
          },
          fails: async () => { throw new Error("the registry refuses\\nits last line"); },
          waits: async ({ note }) => { note("waiting"); await new Promise((done) => setTimeout(done, 60_000)); },
          // As a build does: its processes are ended first.
          "ends itself": ({ note }) => new Promise((_, fail) => {
            process.once("SIGINT", () => fail(new Error("it was interrupted")));
            note("waiting");
            setTimeout(() => {}, 60_000);
          }),
        };
        const titles = process.argv.slice(2);
        try {
          await runSteps(titles.map((title) => ({ title, run: ways[title] })));
          console.log("all done");
        } catch (error) {
          console.error("told: " + error.message);
          process.exitCode = 1;
          setTimeout(() => process.exit(), 0);
        }`,
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: bundle,
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
  readonly signal: string | null;
}

/** @param interrupt sent once a step says that it waits */
function run(steps: readonly string[], interrupt?: NodeJS.Signals): Promise<Ended> {
  const child = spawn(process.execPath, [bundle, ...steps], { stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    const waited = said.out.includes("waiting");
    said.out += chunk;
    if (interrupt !== undefined && !waited && said.out.includes("waiting")) child.kill(interrupt);
  });
  child.stderr.on("data", (chunk) => {
    said.err += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ ...said, code, signal }));
  });
}

describe("without a terminal", () => {
  test("steps are plain lines, with no control character", async () => {
    expect(await run(["done"])).toEqual({
      out: "❯ done\n› looking\n› pulling: 0 % 0 MiB\n› pulling: 50 % 50 MiB\n✔ done: pulled\nall done\n",
      err: "",
      code: 0,
      signal: null,
    });
  });

  test("a failure is marked by the list and told once, by whoever called; what follows is not begun", async () => {
    expect(await run(["fails", "done"])).toEqual({
      out: "❯ fails\n",
      err: "✖ fails [FAILED: see below]\ntold: the registry refuses\nits last line\n",
      code: 1,
      signal: null,
    });
  });
});

describe("a signal", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s ends a step that does not listen", async (name) => {
    expect(await run(["waits", "done"], name)).toEqual({
      out: "❯ waits\n› waiting\n",
      err: "",
      code: null,
      signal: name,
    });
  });

  test("lets one that does end itself, and is told", async () => {
    expect(await run(["ends itself", "done"], "SIGINT")).toEqual({
      out: "❯ ends itself\n› waiting\n",
      err: "✖ ends itself [FAILED: see below]\ntold: it was interrupted\n",
      code: 1,
      signal: null,
    });
  });
});
