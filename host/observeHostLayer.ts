import type { Problem } from "../plan/errors";
import { checkHostLayer, type ResolvedHostLayer, resolveHostLayer } from "../plan/hostDrift";
import { parseHostFileFacts } from "../plan/hostFileFacts";
import { planHostLayer } from "../plan/hostLayer";
import type { StackPlan } from "../plan/plan";
import { agentExecutable } from "./agentExecutable";
import type { HostAccess } from "./hostAccess";
import { hostLayerProbe } from "./hostLayerProbe";
import type { ProbeCommand } from "./probe";

/** What of a stack and of its host decides the layer. */
export interface HostLayerSource {
  readonly plan: StackPlan;
  readonly access: HostAccess;
  /** where the engine keeps its data; undefined where the host does not tell. Only the comparison waits for it */
  readonly dataRoot: string | undefined | Promise<string | undefined>;
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
  { plan, access, dataRoot, now }: HostLayerSource,
  look: (probe: ProbeCommand) => Promise<string>,
): Promise<ObservedHostLayer> {
  const settings = plan.hostLayer;
  if (settings === undefined) return { problems: [], layer: undefined };
  const executable = await agentExecutable(root);
  const planWith = (known: string | undefined) =>
    planHostLayer({ settings, services: plan.services, dataRoot: known, executable });
  // Where the files are does not depend on what is known of the engine: the probes run side by side.
  const [printed, known] = await Promise.all([
    look(hostLayerProbe(root, planWith(undefined), access)),
    dataRoot,
  ]);
  const spec = planWith(known);
  const facts = parseHostFileFacts(printed);
  const faults = checkHostLayer(spec, facts);
  return faults.length > 0
    ? { problems: faults, layer: undefined }
    : { problems: [], layer: resolveHostLayer(spec, facts, now) };
}
