import { type Checkout, readCheckout } from "../host/checkout";
import { accessHost } from "../host/hostAccess";
import { gatherModelFacts, type ModelFacts } from "../host/modelFacts";
import { type ObservedHostLayer, observeHostLayer } from "../host/observeHostLayer";
import { probeCommand } from "../host/probe";
import { decodeStackFile } from "../plan/configKeys";
import { type Problem, StackError } from "../plan/errors";
import { applyGpu } from "../plan/gpuPlan";
import { type HostFacts, parseHostFacts } from "../plan/hostFacts";
import type { StackPlan } from "../plan/plan";
import { planCheckout } from "../plan/planCheckout";
import { checkHost } from "../plan/preflight";
import { readSettings, type Settings } from "../plan/settings";
import { ensureCurrentAgent } from "./currentAgent";
import { readGpuFacts } from "./gpu";
import { runProbe } from "./runProbe";
import { registerStackSecrets } from "./stackSecrets";

/** A stack's plan, and what was seen of the host that it is for. */
export interface Observation {
  readonly plan: StackPlan;
  readonly facts: HostFacts;
  readonly models: ModelFacts;
  /** the host's files and units, where the stack has any and no problem stands in the way */
  readonly host: ObservedHostLayer;
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
  const planned = planFromCheckout(root, stack);
  registerStackSecrets(root, stack, planned.secrets);
  const looking = lookAtHost(root, stack, planned);
  const [{ plan, facts }, host] = await Promise.all([
    looking,
    lookAtLayer(root, stack, planned, looking),
  ]);
  const models = await gatherModelFacts(root, stack, plan, facts);
  return {
    plan,
    facts,
    models,
    host,
    problems: [...models.problems, ...checkHost(plan, facts, models.newFiles), ...host.problems],
  };
}

/** The host's files and units, looked at beside the rest of it. */
async function lookAtLayer(
  root: string,
  stack: string,
  plan: StackPlan,
  looking: Promise<Pick<Observation, "facts">>,
): Promise<ObservedHostLayer> {
  const access = accessHost(root, stack, plan.host);
  const facts = looking.then(
    (seen) => seen.facts,
    // Told by whoever waits for the look itself.
    () => undefined,
  );
  try {
    const makeAgent = () => ensureCurrentAgent(root);
    const source = { stack, plan, access, facts, makeAgent, now: new Date() };
    return await observeHostLayer(root, source, (probe) => runProbe(root, plan.host, probe));
  } catch (error) {
    // A host that cannot be reached is told once.
    await looking;
    if (!(error instanceof StackError)) throw error;
    return { problems: error.problems, warnings: [] };
  }
}

/**
 * A plan for its host as it is, and the facts that decided.
 * @throws StackError where a host over SSH cannot be looked at
 */
export async function lookAtHost(
  root: string,
  stack: string,
  planned: StackPlan,
): Promise<Pick<Observation, "plan" | "facts">> {
  const access = accessHost(root, stack, planned.host);
  const [probed, gpuFacts] = await Promise.all([
    runProbe(root, planned.host, probeCommand(root, planned, access)),
    planned.gpu === undefined
      ? undefined
      : readGpuFacts(root, { access, connection: planned.host }),
  ]);
  const facts = parseHostFacts(probed);
  return { facts, plan: applyGpu(planned, gpuFacts, facts.images) };
}

/** The facts of this machine alone, where there is no stack to look at. */
export async function probeThisMachine(root: string): Promise<HostFacts> {
  const nothing = { services: [], networks: [], gpu: undefined };
  const access = accessHost(root, "", undefined);
  return parseHostFacts(await runProbe(root, undefined, probeCommand(root, nothing, access)));
}
