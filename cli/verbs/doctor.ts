import type { Command } from "commander";
import { diagnose } from "../../plan/doctor";
import type { Check } from "../../plan/doctorCheck";
import { findProjectRoot } from "../artifacts";
import { gatherDoctorFacts } from "../doctor/gather";
import { EXIT } from "../exitCodes";
import { formatTable, print, printJson, styled } from "../output";
import { addReadingVerb, type ReadingOptions } from "./options";

const MARKS = {
  ok: ["green", "ok"],
  warning: ["yellow", "WARN"],
  failed: ["red", "FAIL"],
} as const;

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

/** A row for each check, its remedy on a line below. */
export function formatChecks(checks: readonly Check[]): string[] {
  const rows = formatTable(
    checks.map(({ name, state, detail }) => {
      const [colour, mark] = MARKS[state];
      return [styled(colour, mark), name, detail];
    }),
  );
  return checks.flatMap(({ fix }, index) => [
    rows[index] ?? "",
    ...(fix === null || fix === "" ? [] : [`      → ${fix}`]),
  ]);
}
