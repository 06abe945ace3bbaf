// What happens when whole aistack processes are killed or meet: each is a real Node process here.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { beforeAll, beforeEach, expect, test } from "vitest";

const bundle = join(mkdtempSync(join(tmpdir(), "artifacts-bundle-")), "driver.mjs");
let folder: string;

beforeAll(async () => {
  await build({
    stdin: {
      resolveDir: import.meta.dirname,
      loader: "ts",
      contents: `
        import { ensureArtifact } from "../../cli/artifacts";
        // As scripts/aistack.mjs does.
        if (process.env.AISTACK_IGNORE_HUP === "1") process.on("SIGHUP", () => {});
        const [recipe] = process.argv.slice(2);
        try {
          const path = await ensureArtifact({
            name: "thing", inputs: [recipe], keyExtra: [],
            build: { command: recipe, args: [] },
            onProgress: ({ text }) => console.log(text),
            onWait: (message) => console.log(message),
          });
          console.log("built " + path);
        } catch (error) {
          console.log(error.message);
          process.exitCode = 1;
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

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "artifact-process-"));
});

/** A recipe that tells its processes, then waits until the file `go` appears. */
function writeRecipe(): string {
  const recipe = join(folder, "build.sh");
  writeFileSync(
    recipe,
    `#!/bin/bash
echo run >> ${folder}/runs
sleep 300 & echo "$$ $!" > ${folder}/pids
echo "::progress 0/1 started"
until test -e ${folder}/go; do read -r -t 0.02 <> <(:); done
kill %1
touch "$1/out"
`,
    { mode: 0o755 },
  );
  return recipe;
}

interface Driver {
  readonly process: ChildProcess;
  /** Resolves when a line begins with the text. */
  says(text: string): Promise<string>;
  readonly ended: Promise<number | null>;
}

function start(recipe: string, variables: Readonly<Record<string, string>> = {}): Driver {
  const child = spawn(process.execPath, [bundle, recipe], {
    env: { ...process.env, AISTACK_CACHE: join(folder, "cache"), ...variables },
    stdio: ["ignore", "pipe", "inherit"],
    // A process group of its own, as a shell gives it: Ctrl-C signals the whole of it.
    detached: true,
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  return {
    process: child,
    says: (text) =>
      poll(`"${text}" in "${output}"`, () =>
        output.split("\n").find((line) => line.startsWith(text)),
      ),
    ended: new Promise((resolve) => child.once("close", (code) => resolve(code))),
  };
}

async function poll<T>(what: string, read: () => T | undefined | false): Promise<T> {
  for (const until = Date.now() + 8000; Date.now() < until; await sleep(10)) {
    const value = read();
    if (value !== undefined && value !== false) return value;
  }
  throw new Error(`waited in vain for ${what}`);
}

// An ended process stays as a zombie until its parent, here the machine's init, looks.
function isRunning(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
}

function recipeProcesses(): string[] {
  return readFileSync(join(folder, "pids"), "utf8").trim().split(" ");
}

function artifacts(): string[] {
  return readdirSync(join(folder, "cache", "artifacts"));
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends the recipe's whole process group and leaves nothing half-built",
  async (signal) => {
    const driver = start(writeRecipe());
    await driver.says("started");
    const processes = recipeProcesses();
    expect(processes.filter(isRunning)).toEqual(processes);

    process.kill(-(driver.process.pid ?? 0), signal);
    expect(await driver.ended).toBe(1);
    await driver.says(`building thing was interrupted (${signal}). Run the same command again`);
    expect(processes.filter(isRunning)).toEqual([]);
    expect(artifacts()).toEqual([]);
  },
);

test("SIGHUP is nothing to a build that is to outlive its terminal", async () => {
  const driver = start(writeRecipe(), { AISTACK_IGNORE_HUP: "1" });
  await driver.says("started");
  process.kill(-(driver.process.pid ?? 0), "SIGHUP");
  writeFileSync(join(folder, "go"), "");
  await driver.says("built ");
  expect(await driver.ended).toBe(0);
});

test("SIGKILL ends the recipe too, frees the lock, and the next run sweeps what is left", async () => {
  const recipe = writeRecipe();
  const killed = start(recipe);
  await killed.says("started");
  const processes = recipeProcesses();
  killed.process.kill("SIGKILL");
  await killed.ended;
  await poll("the recipe's end", () => processes.every((pid) => !isRunning(pid)));
  expect(artifacts()).toEqual([expect.stringMatching(/^\.building-thing@/)]);

  writeFileSync(join(folder, "go"), "");
  const next = start(recipe);
  const built = await next.says("built ");
  expect(await next.ended).toBe(0);
  expect(artifacts()).toEqual([basename(built)]);
});

test("of two at once one builds, the other says that it waits and finds it done", async () => {
  const recipe = writeRecipe();
  const first = start(recipe);
  await first.says("started");
  const second = start(recipe);
  expect(await second.says("another")).toBe(
    `another aistack process (pid ${first.process.pid}) is building thing, waiting`,
  );
  expect(artifacts()).toHaveLength(1);

  writeFileSync(join(folder, "go"), "");
  expect(await first.says("built ")).toBe(await second.says("built "));
  expect([await first.ended, await second.ended]).toEqual([0, 0]);
  expect(readFileSync(join(folder, "runs"), "utf8")).toBe("run\n");
});

test("the one that waits builds it itself when the first is killed", async () => {
  const recipe = writeRecipe();
  const first = start(recipe);
  await first.says("started");
  const second = start(recipe);
  await second.says("another aistack process");
  first.process.kill("SIGKILL");
  await second.says("started");
  writeFileSync(join(folder, "go"), "");
  await second.says("built ");
  expect(await second.ended).toBe(0);
  expect(readFileSync(join(folder, "runs"), "utf8")).toBe("run\nrun\n");
});
