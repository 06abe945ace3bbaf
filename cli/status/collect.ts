import { modelRecordFolder } from "../../host/modelFacts";
import { HostNotReadyError } from "../../plan/errors";
import type { HostFacts } from "../../plan/hostFacts";
import { objectsOf, withoutObjects } from "../../plan/ownership";
import type { StackPlan } from "../../plan/plan";
import { engineProblem } from "../../plan/preflight";
import { resolveStack } from "../../plan/resolve";
import { reportStatus, type StatusReport } from "../../plan/statusReport";
import { observe } from "../observe";
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
  const { plan, facts, models, problems, record } = await observe(root, stack);
  const engine = engineProblem(facts);
  if (engine !== undefined) throw new HostNotReadyError([engine]);
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
  return { plan, facts, report: reportStatus(stack, plan, facts, resolved, problems) };
}
