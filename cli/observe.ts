import { execa } from "execa";
import { type Checkout, readCheckout } from "../host/checkout";
import { gatherModelFacts, type ModelFacts } from "../host/modelFacts";
import { dockerHost, PROBE_COMMAND, probeEnvironment } from "../host/probe";
import { decodeStackFile } from "../plan/configKeys";
import type { Problem } from "../plan/errors";
import { type HostFacts, parseHostFacts } from "../plan/hostFacts";
import type { StackPlan } from "../plan/plan";
import { planCheckout } from "../plan/planCheckout";
import { checkHost } from "../plan/preflight";

/** A stack's plan, and what was seen of the host that it is for. */
export interface Observation {
  readonly plan: StackPlan;
  readonly facts: HostFacts;
  readonly models: ModelFacts;
  /** what keeps an update from succeeding; empty where nothing does */
  readonly problems: readonly Problem[];
}

/** The configuration of a stack as its file says it. @throws StackError with every problem found */
export function planFromCheckout(root: string, stack: string): StackPlan {
  const checkout: Checkout = readCheckout(root, stack);
  return planCheckout(checkout, decodeStackFile(checkout.stackFile.value));
}

/**
 * The same look at configuration and host that the program takes, without an engine: it tells in
 * half a second what Pulumi would stumble over later.
 */
export async function observe(root: string, stack: string): Promise<Observation> {
  const plan = planFromCheckout(root, stack);
  const facts = await probe(root, plan);
  const models = await gatherModelFacts(root, stack, plan, facts);
  return {
    plan,
    facts,
    models,
    problems: [...models.problems, ...checkHost(plan, facts, models.newFiles)],
  };
}

export async function probe(root: string, plan: StackPlan): Promise<HostFacts> {
  const { stdout } = await execa(PROBE_COMMAND, {
    cwd: root,
    shell: true,
    env: probeEnvironment(plan, dockerHost()),
  });
  return parseHostFacts(stdout);
}
