import type { Problem } from "../plan/errors";
import {
  type HostBaselineSpec,
  planHostBaseline,
  type ResolvedHostBaseline,
  resolveHostBaseline,
} from "../plan/hostBaseline";
import { type ResolvedHostLayer, resolveHostLayer } from "../plan/hostDrift";
import type { HostFacts } from "../plan/hostFacts";
import { type HostFileFacts, parseHostFileFacts } from "../plan/hostFileFacts";
import { type HostLayerInput, type HostLayerSpec, planHostLayer } from "../plan/hostLayer";
import { checkAccount, checkHostLayer } from "../plan/hostLayerProblems";
import type { StackPlan } from "../plan/plan";
import type { HostAccess } from "./hostAccess";
import { hostLayerProbe } from "./hostLayerProbe";
import type { ProbeCommand } from "./probe";

/** What of a stack and of its host decides the layer. */
export interface HostLayerSource {
  readonly stack: string;
  readonly plan: StackPlan;
  readonly access: HostAccess;
  /** undefined where the host could not be looked at; only the comparison waits for them */
  readonly facts: HostFacts | Promise<HostFacts | undefined>;
  /** the agent on the machine that deploys, made where it is not there */
  readonly makeAgent: () => Promise<HostLayerInput["executable"]>;
  /** when the host is looked at */
  readonly now: Date;
}

export interface ObservedHostLayer {
  /** what stands in the way */
  readonly problems: readonly Problem[];
  /** what people should know, one line each */
  readonly warnings: readonly string[];
  /** undefined where the stack has none, or problems stand in the way */
  readonly layer?: ResolvedHostLayer;
  /** of a host over SSH that has nothing else beside containers */
  readonly baseline?: ResolvedHostBaseline;
}

/**
 * Looks at the host's files and units, by a probe of their own and at no cost for a stack that has none.
 * @param root the checkout
 * @param look runs a probe and returns what it prints
 * @throws StackError where the agent cannot be made
 */
export async function observeHostLayer(
  root: string,
  { stack, plan, access, facts: looking, makeAgent, now }: HostLayerSource,
  look: (probe: ProbeCommand) => Promise<string>,
): Promise<ObservedHostLayer> {
  const settings = plan.hostLayer;
  if (settings === undefined) return { problems: [], warnings: [] };
  const ask = async (spec: HostBaselineSpec | HostLayerSpec) =>
    parseHostFileFacts(await look(hostLayerProbe(root, spec, access)));
  if (!settings.agent.enabled && !settings.idle.enabled) {
    const spec = planHostBaseline(settings);
    return observeBaseline(spec, await ask(spec), now);
  }

  const executable = await makeAgent();
  const { services } = plan;
  const planWith = (dataRoot: string | undefined) =>
    planHostLayer({ stack, settings, services, dataRoot, executable });
  // Where the files are does not depend on what is known of the engine: the probes run side by side.
  const [facts, host] = await Promise.all([ask(planWith(undefined)), looking]);
  const spec = planWith(host?.dataRoot);
  const architecture = host?.docker.state === "running" ? host.docker.architecture : undefined;
  const problems = checkHostLayer(spec, facts, architecture);
  if (problems.length > 0) return { problems, warnings: [] };
  const layer = resolveHostLayer(spec, facts, now);
  return { problems, warnings: layer.drift, layer };
}

/** Services in containers need no account: who may not become root there does without, as install.sh does here. */
function observeBaseline(
  spec: HostBaselineSpec,
  facts: HostFileFacts,
  now: Date,
): ObservedHostLayer {
  if (!facts.access) {
    const who = `${spec.host?.user ?? ""} may not become root on ${spec.host?.address ?? ""}`;
    const warning = `${who}, so the user ${spec.account.name} and its folders are left out there; only aistack:agent and aistack:idle need them`;
    return { problems: [], warnings: [warning] };
  }
  const problems = checkAccount(spec, facts).map((one) => ({ where: "aistack:host", ...one }));
  if (problems.length > 0) return { problems, warnings: [] };
  const baseline = resolveHostBaseline(spec, facts, now);
  return { problems, warnings: baseline.drift, baseline };
}
