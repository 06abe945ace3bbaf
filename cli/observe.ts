import { type Checkout, readCheckout, readStackFile, requireStackFile } from "../host/checkout";
import { accessHost } from "../host/hostAccess";
import { gatherModelFacts, type ModelFacts } from "../host/modelFacts";
import { type ObservedHostLayer, observeHostLayer } from "../host/observeHostLayer";
import { probeCommand } from "../host/probe";
import { readOwnership, readStackRecord } from "../host/stackRecord";
import { decodeStackFile } from "../plan/configKeys";
import { type Problem, StackError } from "../plan/errors";
import { applyGpu } from "../plan/gpuPlan";
import { type HostFacts, parseHostFacts } from "../plan/hostFacts";
import type { StackPlan } from "../plan/plan";
import { planCheckout } from "../plan/planCheckout";
import { checkHost } from "../plan/preflight";
import { readSettings, type Settings } from "../plan/settings";
import { EMPTY_RECORD, type StackRecord } from "../plan/stackRecord";
import { parseYaml } from "../plan/yamlDocument";
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
  /** what the stack's state knows; nothing where the stack was not created yet */
  readonly record: StackRecord;
  /** what keeps an update from succeeding; empty where nothing does */
  readonly problems: readonly Problem[];
}

/**
 * The configuration of a stack as its file says it. Without the file, a stack would look like one of profile
 * minimal on this machine.
 * @param stack "": no stack at all, for what concerns this machine whatever runs on it
 * @throws StackError with every problem found, or where the stack has no file
 */
export function planFromCheckout(root: string, stack: string): StackPlan {
  if (stack !== "") requireStackFile(root, stack);
  const checkout: Checkout = readCheckout(root, stack);
  return planCheckout(checkout, decodeStackFile(checkout.stackFile.value));
}

/**
 * The configuration of a stack whose file is to have this text.
 * @param file its name in messages
 * @throws StackError with every problem found
 */
export function planFromText(root: string, file: string, text: string): StackPlan {
  const stackFile = parseYaml(file, text);
  const { composeFiles, images } = readCheckout(root, "");
  return planCheckout({ composeFiles, stackFile, images }, decodeStackFile(stackFile.value));
}

/**
 * A stack's settings with every default filled in.
 * @throws StackError with every problem found, or where the stack has no file
 */
export function settingsFromCheckout(root: string, stack: string): Settings {
  requireStackFile(root, stack);
  const stackFile = readStackFile(root, stack);
  if (stackFile.problems.length > 0) throw new StackError(stackFile.problems);
  return readSettings(decodeStackFile(stackFile.value), stackFile);
}

/**
 * The same look at configuration and host that the program takes, without an engine: it tells in
 * half a second what Pulumi would stumble over later.
 * @param planned the stack's plan, where its file does not say it yet
 * @param imagesToCome images that are not on the host are no problem: they are made ready afterwards
 */
export async function observe(
  root: string,
  stack: string,
  { planned, imagesToCome = false }: { planned?: StackPlan; imagesToCome?: boolean } = {},
): Promise<Observation> {
  const declared = planned ?? planFromCheckout(root, stack);
  registerStackSecrets(root, stack, declared.secrets);
  const looking = lookAtHost(root, stack, declared);
  const [{ plan, facts }, host] = await Promise.all([
    looking,
    lookAtLayer(root, stack, declared, looking),
  ]);
  const models = await gatherModelFacts(root, stack, plan, facts);
  const record = readStackRecord(root, stack) ?? EMPTY_RECORD;
  const ownership = readOwnership(root, { plan, facts, record });
  return {
    plan,
    facts,
    models,
    host,
    record,
    problems: [
      ...models.problems,
      ...checkHost(plan, facts, models.newFiles, ownership, imagesToCome),
      ...host.problems,
    ],
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
  const nothing = { services: [], networks: [], volumes: [], gpu: undefined };
  const access = accessHost(root, "", undefined);
  return parseHostFacts(await runProbe(root, undefined, probeCommand(root, nothing, access)));
}
