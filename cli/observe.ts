import { execa } from "execa";
import { type Checkout, readCheckout } from "../host/checkout";
import { accessHost } from "../host/hostAccess";
import { gatherModelFacts, type ModelFacts } from "../host/modelFacts";
import { probeCommand } from "../host/probe";
import { decodeStackFile } from "../plan/configKeys";
import { type Problem, StackError } from "../plan/errors";
import { type HostFacts, parseHostFacts } from "../plan/hostFacts";
import type { StackPlan } from "../plan/plan";
import { planCheckout } from "../plan/planCheckout";
import { checkHost } from "../plan/preflight";
import { readSettings, type Settings } from "../plan/settings";
import { explainSshFailure } from "../plan/sshFailure";

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

/** A stack's settings with every default filled in. @throws StackError with every problem found */
export function settingsFromCheckout(root: string, stack: string): Settings {
  const { stackFile } = readCheckout(root, stack);
  return readSettings(decodeStackFile(stackFile.value), stackFile);
}

/**
 * The same look at configuration and host that the program takes, without an engine: it tells in
 * half a second what Pulumi would stumble over later.
 */
export async function observe(root: string, stack: string): Promise<Observation> {
  const plan = planFromCheckout(root, stack);
  const facts = await probe(root, stack, plan);
  const models = await gatherModelFacts(root, stack, plan, facts);
  return {
    plan,
    facts,
    models,
    problems: [...models.problems, ...checkHost(plan, facts, models.newFiles)],
  };
}

/** What a probe asks about. */
export type ProbedPlan = Pick<StackPlan, "services" | "networks" | "host">;

/** @throws StackError where a host over SSH cannot be looked at */
export async function probe(root: string, stack: string, plan: ProbedPlan): Promise<HostFacts> {
  const { command, environment, stdin } = probeCommand(
    root,
    plan,
    accessHost(root, stack, plan.host),
  );
  const ran = await execa(command, {
    cwd: root,
    shell: true,
    env: { ...environment },
    ...(stdin === undefined ? {} : { input: stdin }),
    reject: false,
  });
  if (ran.exitCode === 0) return parseHostFacts(ran.stdout);
  const problem = plan.host && explainSshFailure(plan.host, ran.stderr);
  throw problem === undefined ? ran : new StackError([problem]);
}
