import type { Check } from "../plan/doctorCheck";
import { formatTable, styled } from "./output";

const MARKS = {
  ok: ["green", "ok"],
  warning: ["yellow", "WARN"],
  failed: ["red", "FAIL"],
} as const;

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
