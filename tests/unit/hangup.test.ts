// What a HUP to a shell's job does to processes that the command starts: a real process starts one, as the command does.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "../support/eventually";

const bundles = mkdtempSync(join(tmpdir(), "hangup-bundle-"));
const driver = join(bundles, "driver.mjs");
let folder: string;
let running: ChildProcess;

beforeAll(async () => {
  await build({
    stdin: {
      resolveDir: join(import.meta.dirname, "../.."),
      loader: "ts",
      contents: `
        import { execa } from "./cli/execa";
        process.on("SIGHUP", () => {});
        const ran = await execa("sh", ["-c", "touch begun; until [ -e go ]; do sleep 0.05; [ -e begun ] || exit; done; echo done"], {
          reject: false,
        });
        console.log(ran.stdout, ran.signal);`,
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: driver,
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
});
afterAll(() => rmSync(bundles, { recursive: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hangup-"));
});
afterEach(() => {
  running.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

test.each([
  ["has its usual effect", {}, " SIGHUP\n"],
  [
    "does not reach them where this process ignores it",
    { AISTACK_IGNORE_HUP: "1" },
    "done undefined\n",
  ],
])("%s", async (_what, variables, told) => {
  const env = { ...process.env, ...variables };
  running = spawn(process.execPath, [driver], { env, cwd: folder, detached: true });
  let said = "";
  running.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = new Promise((done) => running.once("close", done));
  await eventually(() => existsSync(join(folder, "begun")), "the beginning");
  process.kill(-(running.pid ?? 0), "SIGHUP");
  writeFileSync(join(folder, "go"), "");
  await ended;
  expect(said).toBe(told);
});
