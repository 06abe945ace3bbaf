import { accessHost } from "../../host/hostAccess";
import { type LocalaiObservation, observeLocalai } from "../../host/localaiObservation";
import { modelRecordFolder } from "../../host/modelFacts";
import { HostNotReadyError, OperationError, type Problem } from "../../plan/errors";
import type { HostFacts } from "../../plan/hostFacts";
import { objectsOf, withoutObjects } from "../../plan/ownership";
import type { StackPlan } from "../../plan/plan";
import { engineProblem } from "../../plan/preflight";
import { resolveStack } from "../../plan/resolve";
import type { SecretValues } from "../../plan/secrets";
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
  return { plan, facts, report: await summarise(root, stack, observed) };
}

/** What a look at a stack comes to, where Docker answers; LocalAI is asked now, where something is declared to it. */
export async function summarise(
  root: string,
  stack: string,
  { plan, facts, models, problems, record, host }: Observation,
): Promise<StatusReport> {
  const { values: secrets } = readStackSecrets(root, stack, plan.secrets, false);
  const localai = await lookAtLocalai(root, stack, plan, secrets);
  const resolved = resolveStack({
    plan: localai.plan,
    facts: withoutObjects(facts, objectsOf("leftover", plan, facts, record)),
    fileHashes: models.fileHashes,
    records: models.records,
    recordFolder: modelRecordFolder(stack),
    ...localai.seen,
    secrets,
    now: new Date(),
    record,
  });
  return reportStatus(stack, plan, facts, resolved, [...problems, ...localai.problems], host);
}

/**
 * LocalAI as a preview looks at it. A preview ends where the host lets nobody through; here that is one problem, and the rest
 * is told all the same.
 */
async function lookAtLocalai(
  root: string,
  stack: string,
  plan: StackPlan,
  secrets: SecretValues,
): Promise<{ plan: StackPlan; seen: LocalaiObservation; problems: readonly Problem[] }> {
  try {
    const access = accessHost(root, stack, plan.host);
    const seen = await observeLocalai(root, stack, plan, access, secrets);
    return { plan, seen, problems: [] };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    // Of what nobody could ask for, nothing is said.
    return { plan: { ...plan, localai: [] }, seen: {}, problems: error.problems };
  }
}
