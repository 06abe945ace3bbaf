import { appendFileSync } from "node:fs";
import { observeUse } from "../../host/idleObserver";
import { unloadModel } from "../../host/loadedModels";
import type { AgentConfig } from "../../plan/agentConfig";
import { OperationError, type Problem } from "../../plan/errors";
import type { GpuReading } from "../../plan/heartbeat";
import { decideIdle, type IdleDecision, type IdleRecord } from "../../plan/idleDecision";
import { parseIdleRecord } from "../../plan/idleRecord";
import { recentGpuReading } from "../../plan/recentGpuReading";
import { RUN_AS_ROOT } from "./configFile";
import { createEventLog } from "./eventLog";
import { readOptional } from "./readOptional";
import { writeAtomicallySync } from "./writeAtomically";

const SUSPEND_LIMIT_MS = 30_000;

/**
 * Looks once whether the host is idle, writes down what that comes to, and does what is due.
 * @param gpuProbe script that reads NVIDIA's GPUs
 * @throws OperationError where something could not be done or written down
 */
export async function checkIdle(config: AgentConfig, gpuProbe: () => string): Promise<IdleRecord> {
  const decision = await attempt("cannot read what earlier checks left", () =>
    decide(config, gpuProbe),
  );
  const problems: Problem[] = [];
  const actions = await unloadModels(decision, config, problems);
  // A model that stays loaded may be at work after all.
  const willSuspend = decision.suspend && problems.length === 0;
  const record: IdleRecord = willSuspend
    ? // A host that wakes up is in use again: the clock starts anew.
      { ...decision.record, actions: [...actions, "suspends the host"], idleSince: null }
    : { ...decision.record, actions };
  await attempt("cannot write down the check", async () =>
    writeDown(record, problems, config.paths),
  );
  // Last, and after everything is in the files: the host may be asleep before this returns.
  if (willSuspend) await suspend(config.idle.suspendCommand, problems);
  if (problems.length > 0) throw new OperationError(problems);
  return record;
}

async function decide(config: AgentConfig, gpuProbe: () => string): Promise<IdleDecision> {
  const { paths, gpu } = config;
  const now = new Date();
  const previous = parseIdleRecord(readOptional(paths.idle));
  const recent =
    gpu === "nvidia" ? recentGpuReading(readOptional(paths.status), gpu, now) : undefined;
  const look = async (reading: GpuReading | undefined) =>
    decideIdle(await observeUse(config, reading, gpuProbe), previous, config.idle, now);
  const decision = await look(recent);
  // A heartbeat may be a minute old: before the host goes to sleep, the GPUs themselves are asked.
  return decision.suspend && recent !== undefined ? look(undefined) : decision;
}

/** @returns what was done; what could not be done becomes a problem */
async function unloadModels(
  { unload }: IdleDecision,
  { ollamaUrl }: AgentConfig,
  problems: Problem[],
): Promise<string[]> {
  const actions: string[] = [];
  for (const model of unload) {
    try {
      await unloadModel(ollamaUrl ?? "", model);
      actions.push(`unloaded ${model}`);
    } catch (error) {
      const what = `model ${model} could not be unloaded: ${(error as Error).message}`;
      problems.push({ what, where: ollamaUrl ?? "" });
    }
  }
  return actions;
}

function writeDown(
  record: IdleRecord,
  problems: readonly Problem[],
  paths: AgentConfig["paths"],
): void {
  writeAtomicallySync(paths.idle, `${JSON.stringify(record)}\n`);
  const { time: _, ...fields } = record;
  const level = problems.length === 0 ? "info" : "error";
  const log = createEventLog({ write: (line) => appendFileSync(paths.log, line, { mode: 0o640 }) });
  log[level]({
    event: "idle.check",
    ...fields,
    ...(problems.length === 0 ? {} : { problems: problems.map(({ what }) => what) }),
  });
}

async function suspend([command = "", ...args]: readonly string[], problems: Problem[]) {
  const failed = (why: string) =>
    problems.push({ what: `the host could not be suspended: ${why}`, where: command });
  const { runBounded } = await import("../../host/boundedCommand");
  try {
    const { code, stderr, timedOut } = await runBounded(command, args, {
      limitMs: SUSPEND_LIMIT_MS,
    });
    if (timedOut) failed("the command hangs");
    else if (code !== 0) failed(stderr.trim().split("\n").at(-1) || `exit code ${code}`);
  } catch (error) {
    failed((error as Error).message);
  }
}

async function attempt<Value>(what: string, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const problem = {
      what: `${what}: ${message}`,
      ...(path === undefined ? {} : { where: path }),
      ...(code === "EACCES" ? { fix: RUN_AS_ROOT } : {}),
    };
    throw new OperationError([problem], { cause: error });
  }
}
