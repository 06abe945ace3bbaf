import type { Problem } from "../plan/errors";
import { type ResolvedHostLayer, resolveHostLayer } from "../plan/hostDrift";
import type { HostFacts } from "../plan/hostFacts";
import { parseHostFileFacts } from "../plan/hostFileFacts";
import { type HostLayerInput, planHostLayer } from "../plan/hostLayer";
import { checkHostLayer } from "../plan/hostLayerProblems";
import type { StackPlan } from "../plan/plan";
import type { HostAccess } from "./hostAccess";
import { hostLayerProbe } from "./hostLayerProbe";
import type { ProbeCommand } from "./probe";

/** What of a stack and of its host decides the layer. */
export interface HostLayerSource {
  readonly stack: string;
  readonly plan: StackPlan;
  readonly access: HostAccess;
  readonly facts: HostFacts;
  /** the agent on the machine that deploys, made where it is not there */
  readonly makeAgent: () => Promise<HostLayerInput["executable"]>;
  /** when the host is looked at */
  readonly now: Date;
}

export interface ObservedHostLayer {
  /** what stands in the way */
  readonly problems: readonly Problem[];
  /** undefined where the stack has none, or problems stand in the way */
  readonly layer: ResolvedHostLayer | undefined;
}

/**
 * Looks at the host's files and units, by a probe of their own and at no cost for a stack that has none.
 * @param root the checkout
 * @param look runs a probe and returns what it prints
 * @throws StackError where the agent cannot be made
 */
export async function observeHostLayer(
  root: string,
  { stack, plan, access, facts: host, makeAgent, now }: HostLayerSource,
  look: (probe: ProbeCommand) => Promise<string>,
): Promise<ObservedHostLayer> {
  const settings = plan.hostLayer;
  if (settings === undefined) return { problems: [], layer: undefined };
  const executable = await makeAgent();
  const { services } = plan;
  const spec = planHostLayer({ stack, settings, services, dataRoot: host.dataRoot, executable });
  const facts = parseHostFileFacts(await look(hostLayerProbe(root, spec, access)));
  const architecture = host.docker.state === "running" ? host.docker.architecture : undefined;
  const faults = checkHostLayer(spec, facts, architecture);
  return faults.length > 0
    ? { problems: faults, layer: undefined }
    : { problems: [], layer: resolveHostLayer(spec, facts, now) };
}
