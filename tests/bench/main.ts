import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ROOT, Workspace } from "../support/e2e/workspace";
import { composeTool } from "../support/plan/composeTool";
import { benchAgent } from "./agent";
import { ComposeRival, rivalOllama } from "./composeRival";
import { EmptyProgram } from "./emptyProgram";
import { benchIdleCheck } from "./idleCheck";
import { type Comparison, measure, median, printTable } from "./measure";
import { benchStandardGpu } from "./standardGpu";

/**
 * aistack beside `docker compose` and beside an empty Pulumi program: the same service, the same
 * image, the same machine, in one run, taking turns so that a busy minute strikes both.
 */
const REPEATS = Number(process.env.BENCH_REPEATS ?? 5);

// Where the installer puts the system user's folders, in place of this machine's own.
const hostRoot = mkdtempSync(join(tmpdir(), "aistack-host-root-"));
const workspace = await Workspace.create(`  aistack:hostRoot: ${hostRoot}\n`);
const empty = EmptyProgram.create();
let rival: ComposeRival | undefined;
try {
  await workspace.prepare();
  rival = await ComposeRival.create(workspace, await composeTool(), [await rivalOllama(workspace)]);
  const rows = [
    ...(await lifecycle(workspace, rival)),
    await previews(workspace, empty),
    await reinstall(workspace),
    ...(await benchStandardGpu()),
    ...(await benchIdleCheck()),
    ...(await benchAgent()),
  ];
  console.log(`\n${printTable(rows)}`);
  const results = join(ROOT, "bench", "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(
    join(results, "bench.json"),
    `${JSON.stringify({ repeats: REPEATS, rows }, null, 2)}\n`,
  );
  console.log(`Written to ${join(results, "bench.json")}`);
  process.exitCode = rows.every(({ met }) => met) ? 0 : 1;
} finally {
  await rival?.remove();
  empty.remove();
  await workspace.remove();
  rmSync(hostRoot, { recursive: true, force: true });
}

async function lifecycle(ours: Workspace, theirs: ComposeRival): Promise<Comparison[]> {
  const samples = { cold: pair(), same: pair(), destroy: pair() };
  for (let round = 0; round < REPEATS; round += 1) {
    console.log(`round ${round + 1} of ${REPEATS}`);
    samples.cold.ours.push(await measure(() => succeed(ours, "up", "--yes", "--skip-preview")));
    samples.same.ours.push(await measure(() => succeed(ours, "up", "--yes", "--skip-preview")));
    samples.destroy.ours.push(
      await measure(() => succeed(ours, "destroy", "--yes", "--skip-preview")),
    );
    await ours.removeData();
    samples.cold.theirs.push(await measure(() => theirs.up()));
    samples.same.theirs.push(await measure(() => theirs.up()));
    samples.destroy.theirs.push(await measure(() => theirs.down()));
    await theirs.removeData();
  }
  const compare = (
    name: string,
    { ours: own, theirs: other }: Pair,
    allowance: number,
  ): Comparison => {
    const [seconds, reference] = [median(own), median(other)];
    const target = `compose + ${allowance} s`;
    return {
      name,
      value: seconds,
      rival: "docker compose",
      reference,
      target,
      met: seconds <= reference + allowance,
    };
  };
  return [
    compare("cold install to ready", samples.cold, 5),
    compare("up without a change", samples.same, 5),
    compare("destroy", samples.destroy, 5),
  ];
}

async function previews(ours: Workspace, program: EmptyProgram): Promise<Comparison> {
  await succeed(ours, "up", "--yes", "--skip-preview");
  await program.prepare(ours.environment);
  const samples = pair();
  // One of each before the count: the first run fills Node's compile cache.
  for (let round = -1; round < REPEATS * 2; round += 1) {
    const own = await measure(() => succeed(ours, "preview", "--expect-no-changes"));
    const other = await measure(() => program.preview());
    if (round < 0) continue;
    samples.ours.push(own);
    samples.theirs.push(other);
  }
  const [seconds, reference] = [median(samples.ours), median(samples.theirs)];
  return {
    name: "preview without a change",
    value: seconds,
    rival: "an empty program's",
    reference,
    target: "1.5 x",
    met: seconds <= 1.5 * reference,
  };
}

async function reinstall(ours: Workspace): Promise<Comparison> {
  const install = () =>
    execa(join(ours.root, "install.sh"), ["--yes"], { cwd: ours.root, stdin: "ignore" });
  await install();
  const samples: number[] = [];
  for (let round = 0; round < REPEATS; round += 1) samples.push(await measure(install));
  const seconds = median(samples);
  return {
    name: "./install.sh on an installed host",
    value: seconds,
    rival: "",
    reference: undefined,
    target: "10 s",
    met: seconds <= 10,
  };
}

async function succeed(ours: Workspace, ...args: string[]): Promise<void> {
  const { code, output } = await ours.pulumi(...args);
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${output}`);
}

interface Pair {
  readonly ours: number[];
  readonly theirs: number[];
}

function pair(): Pair {
  return { ours: [], theirs: [] };
}
