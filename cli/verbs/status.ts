import type { Command } from "commander";
import { judgeStatus } from "../../plan/statusReport";
import { findProjectRoot } from "../artifacts";
import { EXIT } from "../exitCodes";
import { print, printJson } from "../output";
import { chooseStack } from "../stackSelection";
import { collectStatus } from "../status/collect";
import { formatStatus } from "../status/format";
import { addReadingVerb, type ReadingOptions } from "./options";

export function registerStatusCommand(program: Command, finish: (code: number) => void): void {
  addReadingVerb(program, "status", "show services, models and drift of a stack").action(
    async (options: ReadingOptions) => finish(await showStatus(options)),
  );
}

/** @returns the exit code: 1 where a service cannot be used, else 4 where something differs */
export async function showStatus(options: ReadingOptions): Promise<number> {
  const root = findProjectRoot();
  const stack = chooseStack(root, options.stack);
  const { report } = await collectStatus(root, stack);
  if (options.json === true) printJson(report);
  else for (const line of formatStatus(report, new Date())) print(line);
  const codes = { fine: EXIT.done, failing: EXIT.failed, pending: EXIT.changesPending };
  return codes[judgeStatus(report)];
}
