import { modelRecordFolder } from "../../host/modelFacts";
import { HostNotReadyError } from "../../plan/errors";
import type { HostFacts } from "../../plan/hostFacts";
import { objectsOf, withoutObjects } from "../../plan/ownership";
import type { StackPlan } from "../../plan/plan";
import { engineProblem } from "../../plan/preflight";
import { resolveStack } from "../../plan/resolve";
import { reportStatus, type StatusReport } from "../../plan/statusReport";
import { type Observation, observe } from "../observe";
import { readStackSecrets } from "../stackSecrets";

/** A look at a stack and its host. */
export interface CollectedStatus {
  readonly plan: StackPlan;
  readonly facts: HostFacts;
  readonly report: StatusReport;
}

/**
 * Looks at a stack as the program does before an update, without an engine and without changing anything.
 * @throws HostNotReadyError where Docker does not answer
 */
export async function collectStatus(root: string, stack: string): Promise<CollectedStatus> {
  const observed = await observe(root, stack);
  const engine = engineProblem(observed.facts, observed.plan.host);
  if (engine !== undefined) throw new HostNotReadyError([engine]);
  const { plan, facts } = observed;
  return { plan, facts, report: summarise(root, stack, observed) };
}

/** What a look at a stack comes to, where Docker answers. */
export function summarise(
  root: string,
  stack: string,
  { plan, facts, models, problems, record, host }: Observation,
): StatusReport {
  const { values: secrets } = readStackSecrets(root, stack, plan.secrets, false);
  const resolved = resolveStack({
    plan,
    facts: withoutObjects(facts, objectsOf("leftover", plan, facts, record)),
    fileHashes: models.fileHashes,
    records: models.records,
    recordFolder: modelRecordFolder(stack),
    secrets,
    now: new Date(),
    record,
  });
  return reportStatus(stack, plan, facts, resolved, problems, host);
}
