import type { Command } from "commander";
import { diagnose } from "../../plan/doctor";
import { findProjectRoot } from "../artifacts";
import { formatChecks } from "../checkTable";
import { gatherDoctorFacts } from "../doctor/gather";
import { EXIT } from "../exitCodes";
import { print, printJson } from "../output";
import { addReadingVerb, type ReadingOptions } from "./options";

export function registerDoctorCommand(program: Command, finish: (code: number) => void): void {
  addReadingVerb(
    program,
    "doctor",
    "check host, checkout and stack, with a remedy for each fault",
  ).action(async (options: ReadingOptions) => finish(await examine(options)));
}

/** @returns the exit code: 3 where a check failed */
async function examine(options: ReadingOptions): Promise<number> {
  const checks = diagnose(await gatherDoctorFacts(findProjectRoot(), options.stack));
  const failed = checks.filter(({ state }) => state === "failed").length;
  if (options.json === true) printJson({ ok: failed === 0, checks });
  else {
    for (const line of formatChecks(checks)) print(line);
    print();
    print(failed === 0 ? "Nothing is wrong." : `${failed} of ${checks.length} checks failed.`);
  }
  return failed === 0 ? EXIT.done : EXIT.hostNotReady;
}
