import { observeUse } from "../../host/idleObserver";
import { unloadModel } from "../../host/loadedModels";
import type { AgentConfig } from "../../plan/agentConfig";
import { OperationError, type Problem } from "../../plan/errors";
import { decideIdle, type IdleDecision, type IdleRecord } from "../../plan/idleDecision";
import { parseIdleRecord } from "../../plan/idleRecord";
import { recentGpuReading } from "../../plan/recentGpuReading";
import { AppendFile } from "./appendFile";
import { createEventLog } from "./eventLog";
import { readOptional } from "./readOptional";
import { writeAtomically } from "./writeAtomically";

const SUSPEND_LIMIT_MS = 30_000;

/**
 * Looks once whether the host is idle, writes down what that comes to, and does what is due.
 * @param gpuProbe script that reads NVIDIA's GPUs
 * @throws OperationError where something could not be done or written down
 */
export async function checkIdle(config: AgentConfig, gpuProbe: () => string): Promise<IdleRecord> {
  const { paths, gpu } = config;
  const decision = await attempt("cannot read what earlier checks left", async () => {
    const now = new Date();
    const previous = parseIdleRecord(await readOptional(paths.idle));
    const recent =
      gpu === "nvidia" ? recentGpuReading(await readOptional(paths.status), gpu, now) : undefined;
    const observed = await observeUse(config, recent, gpuProbe);
    return decideIdle(observed, previous, config.idle, now);
  });
  const problems: Problem[] = [];
  const record = await unloadModels(decision, config, problems);
  await attempt("cannot write down the check", () => writeDown(record, problems, paths));
  // Last, and after everything is in the files: the host may be asleep before this returns.
  if (decision.suspend) await suspend(config.idle.suspendCommand, problems);
  if (problems.length > 0) throw new OperationError(problems);
  return record;
}

async function unloadModels(
  { record, unload, suspend: willSuspend }: IdleDecision,
  { ollamaUrl }: AgentConfig,
  problems: Problem[],
): Promise<IdleRecord> {
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
  if (!willSuspend) return { ...record, actions };
  // A host that wakes up is in use again: the clock starts anew.
  return { ...record, actions: [...actions, "suspends the host"], idleSince: null };
}

async function writeDown(
  record: IdleRecord,
  problems: readonly Problem[],
  paths: AgentConfig["paths"],
): Promise<void> {
  await writeAtomically(paths.idle, `${JSON.stringify(record)}\n`);
  const file = await AppendFile.open(paths.log);
  const { time: _, ...fields } = record;
  const level = problems.length === 0 ? "info" : "error";
  createEventLog(file)[level]({
    event: "idle.check",
    ...fields,
    ...(problems.length === 0 ? {} : { problems: problems.map(({ what }) => what) }),
  });
  await file.flush();
  await file.close();
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
    const where = path === undefined ? {} : { where: path };
    throw new OperationError([{ what: `${what}: ${message}`, ...where }], { cause: error });
  }
}
