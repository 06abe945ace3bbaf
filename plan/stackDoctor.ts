import type { DoctorFacts } from "./doctor";
import { type Check, failed, ok, warning } from "./doctorCheck";
import type { Problem } from "./errors";
import { isServing } from "./serviceHealth";
import type { StatusReport } from "./statusReport";

/** The stack's own checks; where it cannot be looked at, the reasons alone. */
export function checkStack(facts: DoctorFacts): Check[] {
  const { stack, configuration, problems, status } = facts;
  if (configuration.length > 0)
    return configuration.map(({ what, where, fix }) =>
      failed("configuration", where === undefined ? what : `${where}: ${what}`, fix ?? ""),
    );
  if (stack === undefined) return [];
  const checks = [ok("configuration", `stack ${stack} is valid`)];
  const groups = checkProblems(problems);
  // Of what could not be looked at, nothing is known to be well.
  if (status === undefined) return [...checks, ...groups.filter(({ state }) => state !== "ok")];
  return [
    ...checks,
    ...groups,
    ...status.services.map(checkService),
    checkModels(status),
    checkDrift(status),
  ];
}

/** Problems by the place that they name. */
const GROUPS: readonly [name: string, prefix: string, fine: string][] = [
  ["ports", "aistack:ports", "all are free or our own"],
  ["images", "aistack:images", "all are there, or can be pulled"],
  ["names", "docker", "nobody else uses them"],
];

/** A check for each group, and a last one for all that no group has taken: what `up` refuses, a doctor has told. */
function checkProblems(problems: readonly Problem[]): Check[] {
  const isOf = (prefix: string, { where = "" }: Problem) => where.startsWith(prefix);
  const others = problems.filter((problem) => !GROUPS.some(([, prefix]) => isOf(prefix, problem)));
  return [
    ...GROUPS.map(([name, prefix, fine]) =>
      checkGroup(
        name,
        fine,
        problems.filter((problem) => isOf(prefix, problem)),
        ({ what }) => what,
      ),
    ),
    checkGroup("update", "nothing else stands in its way", others, ({ what, where }) =>
      where === undefined ? what : `${where}: ${what}`,
    ),
  ];
}

function checkGroup(
  name: string,
  fine: string,
  problems: readonly Problem[],
  tell: (problem: Problem) => string,
): Check {
  if (problems.length === 0) return ok(name, fine);
  const fixes = new Set(problems.map(({ fix = "" }) => fix));
  return failed(name, problems.map(tell).join("; "), [...fixes].join("; "));
}

function checkService({ name, health, container }: StatusReport["services"][number]): Check {
  if (isServing(health)) return ok(`service ${name}`, health);
  const detail = `container ${container} is ${health}`;
  switch (health) {
    case "starting":
      return warning(`service ${name}`, detail, `Wait, and see: aistack logs ${name}`);
    case "stopped":
    case "paused":
      return failed(`service ${name}`, detail, `aistack start ${name}`);
    case "missing":
      return failed(`service ${name}`, detail, "aistack up");
    default:
      return failed(`service ${name}`, detail, `See why: aistack logs ${name}`);
  }
}

function checkModels({ models }: StatusReport): Check {
  if (models.some(({ present }) => present === null))
    return warning("models", "unknown: Ollama does not answer", "aistack logs ollama");
  const absent = models.filter(({ present }) => present === false).map(({ name }) => name);
  if (absent.length > 0) return failed("models", `absent: ${absent.join(", ")}`, "aistack up");
  const told = models.length === 0 ? "none is declared" : `all ${models.length} declared are there`;
  return ok("models", told);
}

function checkDrift({ drift, changes }: StatusReport): Check {
  const differences = [...drift, ...changes];
  if (differences.length === 0) return ok("drift", "the host is as the configuration says");
  return warning("drift", differences.join("; "), "See: aistack preview; mend with: aistack up");
}
