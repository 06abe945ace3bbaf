import type { Problem } from "./errors";
import type { Settings } from "./settings";
import type { Path } from "./yamlDocument";

type SuspendSettings = Pick<Settings, "idle" | "bindAddress" | "gpu">;

/**
 * What keeps a host from being suspended that nobody uses: whether it is used must be seen first.
 * @param placeOf a path's place, for people
 */
export function idleSettingsProblems(
  { idle, bindAddress, gpu }: SuspendSettings,
  placeOf: (path: Path) => string,
): Problem[] {
  if (!idle.enabled || !idle.suspend) return [];
  const where = placeOf(["idle", "suspend"]);
  const problems: Problem[] = [];
  if (!bindAddress.startsWith("127.")) {
    problems.push({
      // The kernel hands their connections to the containers directly, past every list of the host's own.
      what: `the host would be suspended while clients use it: those that come by ${bindAddress} are not seen`,
      where,
      fix: "Set aistack:idle.suspend to false, or aistack:bindAddress to 127.0.0.1",
    });
  }
  if (gpu === "intel") {
    problems.push({
      what: "the host would never be suspended: whether Intel's GPUs compute cannot be read",
      where,
      fix: "Set aistack:idle.suspend to false",
    });
  }
  return problems;
}
