// What signals do to an operation: a real process runs it, with a stand-in for the engine that notes what it gets.
import { type ChildProcess, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually";

const ROOT = resolve(import.meta.dirname, "../..");
const bundles = mkdtempSync(join(tmpdir(), "operation-bundle-"));
const driver = join(bundles, "aistack");
let folder: string;
let running: ChildProcess;

beforeAll(async () => {
  // Where the bundle finds Pulumi's packages, and what it knows a checkout by.
  for (const name of ["node_modules", "engine"]) symlinkSync(join(ROOT, name), join(bundles, name));
  for (const name of ["bin", "scripts"]) mkdirSync(join(bundles, name));
  for (const name of ["aistack", "scripts/aistack.mjs"])
    copyFileSync(join(ROOT, name), join(bundles, name));
  writeFileSync(join(bundles, "scripts/compiled.cjs"), "exports.ensureCompiled = () => {};");
  await build({
    stdin: {
      resolveDir: import.meta.dirname,
      loader: "ts",
      contents: `
        import { up } from "../../cli/operations";
        import { traceRun } from "../../cli/log/run";
        export const main = ([root]) => traceRun("up", async () => {
          try {
            await up({
              root, stack: "lab", environment: process.env, color: false,
              onOutput: (text) => process.stdout.write(text),
            });
            return 0;
          } catch (error) {
            console.error(error.name + ": " + error.message);
            return 1;
          }
        });`,
    },
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["@pulumi/*"],
    outfile: join(bundles, "bin/aistack.mjs"),
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  return () => rmSync(bundles, { recursive: true });
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "operation-"));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: aistack\nruntime: nodejs\n");
  // Ends with the test that it is for, whose folder goes. As the engine: the first signal ends it once it has finished a step, the second at once.
  writeFileSync(
    join(folder, "pulumi"),
    `#!/bin/bash
cd ${folder}
note() { echo "$1" >> noted; if [ "$(wc -l < noted)" -gt 1 ]; then exit 254; fi; }
case $1 in
version) echo v3.259.0 ;;
stack) case $2 in history) echo '[{"result":"succeeded"}]' ;; output) echo '{}' ;; esac ;;
up)
  trap 'note INT' INT; trap 'note TERM' TERM; trap 'note HUP' HUP
  touch rounds begun
  until [ -e noted ] || [ -e go ]; do echo working; echo . >> rounds; sleep 0.05; [ -e begun ] || exit 1; done
  # Within its own trap a shell would miss a second signal.
  until [ -e finish ] || [ -e go ]; do touch waiting; sleep 0.05; [ -e begun ] || exit 1; done
  echo finished >> noted
  [ -e go ] || exit 255 ;;
esac
`,
    { mode: 0o755 },
  );
});

afterEach(() => {
  running.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const noted = () => readFileSync(join(folder, "noted"), "utf8").trim().split("\n");

/**
 * An operation in a process group of its own, as a terminal runs it, with the engine at work.
 * @param start what starts the command
 */
async function begin(start: readonly string[] = []): Promise<{
  readonly ended: Promise<{ code: number | null; said: string }>;
}> {
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const [command = driver, ...args] = [...start, driver, folder];
  running = spawn(command, args, { env, detached: true });
  let said = "";
  running.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  running.stdout?.resume();
  const ended = new Promise<{ code: number | null; said: string }>((done) => {
    running.once("close", (code) => done({ code, said }));
  });
  await eventually(
    () => existsSync(join(folder, "begun")),
    () => `the beginning (${said})`,
  );
  return { ended };
}

/** Lets the engine end what it had begun when the signal came. */
async function finishStep(): Promise<void> {
  await eventually(() => existsSync(join(folder, "noted")), "the signal");
  expect(running.exitCode).toBeNull();
  writeFileSync(join(folder, "finish"), "");
}

const TOLD =
  "\nInterrupted: the steps that have begun are finished first. Once more breaks them off.\n" +
  "OperationError: interrupted; what was done by then is kept. Run it again to go on\n";

test("Ctrl+C on a terminal reaches the engine once, and what it has begun is finished", async () => {
  const { ended } = await begin();
  // What a terminal does: the signal goes to every process of the group.
  process.kill(-(running.pid ?? 0), "SIGINT");
  await finishStep();
  expect(await ended).toEqual({ code: 1, said: TOLD });
  expect(noted()).toEqual(["INT", "finished"]);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s to the command alone is passed on as the engine's own way of being cancelled",
  async (signal) => {
    const { ended } = await begin();
    running.kill(signal);
    await finishStep();
    expect(await ended).toEqual({ code: 1, said: TOLD });
    expect(noted()).toEqual(["INT", "finished"]);
  },
);

test("the second time, the engine breaks off what it has begun", async () => {
  const { ended } = await begin();
  running.kill("SIGINT");
  await eventually(() => existsSync(join(folder, "waiting")), "the first signal");
  running.kill("SIGINT");
  expect(await ended).toEqual({ code: 1, said: TOLD });
  expect(noted()).toEqual(["INT", "INT"]);
});

test("a reader that has seen enough does not break an update off", async () => {
  const { ended } = await begin();
  running.stdout?.destroy();
  const rounds = () => readFileSync(join(folder, "rounds")).length;
  const closedAt = rounds();
  await eventually(() => rounds() > closedAt + 20, "the engine's next lines");
  writeFileSync(join(folder, "go"), "");
  expect(await ended).toEqual({ code: 0, said: "" });
  expect(noted()).toEqual(["finished"]);
});

describe("a command that is to outlive its terminal", () => {
  const starts = [
    ["nohup", ["nohup"]],
    ["a shell that ignores HUP", ["bash", "-c", `trap '' HUP; "$@"; exit`, "bash"]],
  ] as const;
  test.each(starts)("takes no notice of a HUP: %s", async (_what, start) => {
    const { ended } = await begin(start);
    // What a shell does that loses its connection: each process of the job gets it.
    process.kill(-(running.pid ?? 0), "SIGHUP");
    const rounds = () => readFileSync(join(folder, "rounds")).length;
    const before = rounds();
    await eventually(() => rounds() > before + 5, "the engine's next rounds");
    writeFileSync(join(folder, "go"), "");
    expect(await ended).toEqual({ code: 0, said: expect.not.stringContaining("Interrupted") });
    expect(noted()).toEqual(["finished"]);
  });

  test("is still interrupted by other signals", async () => {
    const { ended } = await begin(["nohup"]);
    process.kill(-(running.pid ?? 0), "SIGTERM");
    await finishStep();
    expect(await ended).toEqual({ code: 1, said: expect.stringContaining(TOLD) });
    expect(noted()).toEqual(["INT", "finished"]);
  });
});
