import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import {
  type ArtifactRequest,
  artifactPath,
  type CachePaths,
  ensureArtifact,
  hasArtifact,
  locateCache,
  type Progress,
} from "../../cli/artifacts";
import { parseProgress } from "../../cli/artifacts/recipe";

let cache: CachePaths;
let recipe: string;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "artifact-"));
  cache = locateCache({ AISTACK_CACHE: join(folder, "cache") });
  recipe = join(folder, "build.sh");
});

function writeRecipe(body: string): void {
  writeFileSync(recipe, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

function request(more: Partial<ArtifactRequest> = {}): ArtifactRequest {
  return {
    name: "thing",
    inputs: [recipe],
    keyExtra: ["x64"],
    build: { command: recipe, args: ["one"], env: { WORD: "hello" } },
    cache,
    ...more,
  };
}

// A process that has ended stays as a zombie until its parent, here the machine's init, looks.
function isRunning(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
}

test("the cache is AISTACK_CACHE, else aistack below the user's cache folder", () => {
  expect(locateCache({ AISTACK_CACHE: "/a", XDG_CACHE_HOME: "/x" }).root).toBe("/a");
  expect(locateCache({ XDG_CACHE_HOME: "/x" })).toEqual({
    root: "/x/aistack",
    artifacts: "/x/aistack/artifacts",
    locks: "/x/aistack/locks",
    logs: "/x/aistack/logs",
  });
  expect(locateCache({}).root).toMatch(/\/\.cache\/aistack$/);
});

test("a recipe fills a private folder that appears whole under its key", async () => {
  writeRecipe('echo "$1 $WORD" > "$2/out"; basename "$2"');
  expect(hasArtifact(request())).toBe(false);

  const path = await ensureArtifact(request());
  expect(path).toBe(artifactPath(request()));
  expect(basename(path)).toMatch(/^thing-[0-9a-f]{16}$/);
  expect(readFileSync(join(path, "out"), "utf8")).toBe("one hello\n");
  expect(readdirSync(cache.artifacts)).toEqual([basename(path)]);
  const log = readFileSync(join(cache.logs, "thing.log"), "utf8");
  expect(log).toMatch(/^\.building-thing@\d+-[0-9a-f]{8}$/m);
});

test("what is there is not built again, what changed is", async () => {
  const runs = `${recipe}.runs`;
  writeRecipe(`echo run >> ${runs}`);
  const first = await ensureArtifact(request());
  expect(await ensureArtifact(request())).toBe(first);
  expect(readFileSync(runs, "utf8")).toBe("run\n");
  expect(await ensureArtifact(request({ keyExtra: ["arm64"] }))).not.toBe(first);
  expect(readFileSync(runs, "utf8")).toBe("run\nrun\n");
});

test("a function can fill the folder in place of a recipe", async () => {
  writeRecipe("exit 1");
  const build = async (folder: string) => writeFileSync(join(folder, "out"), "made");
  const path = await ensureArtifact(request({ build }));
  expect(readFileSync(join(path, "out"), "utf8")).toBe("made");
});

test("progress goes to the caller, the rest to the log", async () => {
  writeRecipe(
    'echo "::progress 0/2 starting"; echo compiling; echo careful >&2; echo "::progress 2/2"',
  );
  const progress: Progress[] = [];
  await ensureArtifact(request({ onProgress: (step) => progress.push(step) }));
  expect(progress).toEqual([
    { done: 0, total: 2, text: "starting" },
    { done: 2, total: 2, text: "" },
  ]);
  const [head, ...lines] = readFileSync(join(cache.logs, "thing.log"), "utf8").trim().split("\n");
  expect(head).toMatch(/^# \d{4}-\d\d-\d\dT[\d:.]+Z .*build\.sh one \/.*\/\.building-thing@/);
  expect(lines.sort()).toEqual(["careful", "compiling"]);
});

test.each([
  ["::progress 3/10 compiling a/b", { done: 3, total: 10, text: "compiling a/b" }],
  ["::progress 3/10", { done: 3, total: 10, text: "" }],
  ["::progress three", undefined],
  [" ::progress 1/2 x", undefined],
  ["progress 1/2 x", undefined],
])("reads %j as progress", (line, expected) => {
  expect(parseProgress(line)).toEqual(expected);
});

test("a failing recipe leaves nothing but its log, whose last 20 lines are told", async () => {
  writeRecipe('for i in $(seq 1 25); do echo "line $i"; done; touch "$2/half"; exit 3');
  const log = join(cache.logs, "thing.log");
  const tail = Array.from({ length: 20 }, (_, index) => `    line ${index + 6}`).join("\n");
  await expect(ensureArtifact(request())).rejects.toMatchObject({
    name: "OperationError",
    message: `building thing failed (exit status 3); its last lines:\n${tail}\n. The whole log is ${log}`,
  });
  expect(readdirSync(cache.artifacts)).toEqual([]);
  expect(readFileSync(log, "utf8")).toContain("line 1\n");
});

test("a silent failure is told without lines, and can be tried again", async () => {
  writeRecipe(`test -e ${recipe}.ready`);
  const log = join(cache.logs, "thing.log");
  await expect(ensureArtifact(request())).rejects.toMatchObject({
    message: `building thing failed (exit status 1). The whole log is ${log}`,
  });
  writeFileSync(`${recipe}.ready`, "");
  await expect(ensureArtifact(request())).resolves.toBe(artifactPath(request()));
});

test("an interrupted recipe ends with all its processes", async () => {
  const pids = `${recipe}.pids`;
  writeRecipe(`sleep 300 & echo $! > ${pids}; echo $$ >> ${pids}; echo "::progress 0/1 x"; wait`);
  const controller = new AbortController();
  const building = ensureArtifact(
    request({ signal: controller.signal, onProgress: () => controller.abort() }),
  );
  await expect(building).rejects.toMatchObject({
    name: "OperationError",
    message:
      "building thing was interrupted (aborted). Run the same command again: nothing half-built was kept",
  });
  const processes = readFileSync(pids, "utf8").trim().split("\n");
  expect(processes).toHaveLength(2);
  expect(processes.filter(isRunning)).toEqual([]);
  expect(readdirSync(cache.artifacts)).toEqual([]);
});

test("a published artifact counts as used when it is asked for", async () => {
  writeRecipe("true");
  const path = await ensureArtifact(request());
  const old = new Date(Date.now() - 20 * 24 * 3600 * 1000);
  utimesSync(path, old, old);
  await ensureArtifact(request());
  expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
});

/** Makes folders as former builds left them: name → days since the last use. */
function makeOld(entries: Readonly<Record<string, number>>): void {
  mkdirSync(cache.artifacts, { recursive: true });
  for (const [name, days] of Object.entries(entries)) {
    const path = join(cache.artifacts, name);
    mkdirSync(path);
    writeFileSync(join(path, "file"), "");
    const usedAt = new Date(Date.now() - days * 24 * 3600 * 1000);
    utimesSync(path, usedAt, usedAt);
  }
}

test("a build removes its name's old artifacts: not the newest two, not those used in 14 days", async () => {
  writeRecipe("true");
  makeOld({
    "thing-0000000000000001": 13,
    "thing-0000000000000002": 20,
    "thing-0000000000000003": 30,
    "thing-0000000000000004": 40,
    "thing-else-0000000000000005": 40,
    "other-0000000000000006": 40,
    "other-0000000000000007": 50,
    "other-0000000000000008": 60,
  });
  const path = await ensureArtifact(request());
  expect(readdirSync(cache.artifacts).sort()).toEqual(
    [
      basename(path),
      "thing-0000000000000001",
      "thing-0000000000000002",
      "thing-else-0000000000000005",
      "other-0000000000000006",
      "other-0000000000000007",
      "other-0000000000000008",
    ].sort(),
  );
});

test("a build removes what dead processes left, and only that", async () => {
  writeRecipe("true");
  const dead = 2 ** 22 + 1; // above the kernel's highest process id
  makeOld({
    [`.building-thing@${process.pid}-00000001`]: 0,
    [`.building-thing@${dead}-00000002`]: 0,
    [`.building-other@${dead}-00000003`]: 0,
    [`.building-other@${process.pid}-00000004`]: 0,
  });
  const path = await ensureArtifact(request());
  expect(readdirSync(cache.artifacts).sort()).toEqual(
    [basename(path), `.building-other@${process.pid}-00000004`].sort(),
  );
});
