import type { IdleRecord } from "../../plan/idleDecision";
import { EXIT } from "../exitCodes";
import { becomeAccount } from "./becomeAccount";
import { checkIdle } from "./checkIdle";
import { readAgentConfig } from "./configFile";

export interface RunIdleCheckOptions {
  readonly configFile: string;
  readonly json: boolean;
  readonly gpuProbe: () => string;
}

/**
 * One idle check. It prints what it came to for people at a terminal and for `--json`; for the timer,
 * which would fill the journal with it, the log file is enough.
 * @returns the exit code
 */
export async function runIdleCheck(options: RunIdleCheckOptions): Promise<number> {
  const config = readAgentConfig(options.configFile);
  await becomeAccount(config.paths, loadRest);
  const record = await checkIdle(config, options.gpuProbe);
  if (options.json) process.stdout.write(`${JSON.stringify(record)}\n`);
  else if (process.stdout.isTTY) process.stdout.write(describe(record));
  return EXIT.done;
}

/** What a check loads only where it needs it: the account may not be able to read a checkout of root's. */
async function loadRest(): Promise<void> {
  await Promise.all([import("../../host/gpuLoad"), import("../../host/boundedCommand")]);
}

function describe({ idle, reasons, actions }: IdleRecord): string {
  const lines = [idle ? "idle" : "busy", ...[...reasons, ...actions].map((line) => `  ${line}`)];
  return `${lines.join("\n")}\n`;
}
