import { describeChanges, describeDrift } from "./differences";
import type { Problem } from "./errors";
import type { ResolvedHostBaseline } from "./hostBaseline";
import type { ResolvedHostLayer } from "./hostDrift";
import type { HostFacts } from "./hostFacts";
import { describeLayerChanges } from "./hostLayerChanges";
import { chooseImage } from "./images";
import { addressForPeople } from "./peopleAddress";
import type { StackPlan } from "./plan";
import type { ResolvedStack } from "./resolve";
import { isServing, judgeHealth, type ServiceHealth } from "./serviceHealth";

/** What `aistack status --json` prints: a contract with scripts, described in docs/cli.md. */
export interface StatusReport {
  readonly stack: string;
  readonly profile: string;
  readonly engine: { readonly version: string };
  readonly services: readonly ServiceStatus[];
  readonly models: readonly { readonly name: string; readonly present: boolean | null }[];
  /** how the host was seen to differ from what was made on it */
  readonly drift: readonly string[];
  /** what the configuration asks for and the host does not have yet */
  readonly changes: readonly string[];
  /** what keeps an update from succeeding */
  readonly problems: readonly Problem[];
}

export interface ServiceStatus {
  readonly name: string;
  readonly container: string;
  readonly health: ServiceHealth;
  /** when its container was last started, ISO 8601; null where it does not run */
  readonly since: string | null;
  readonly image: string;
  /** as the host itself reaches it */
  readonly endpoint: string;
  /** the same in words for people, who may sit at another machine */
  readonly address: string;
}

/** The host's files and units; either is there where the stack has it and nothing stands in the way. */
export interface ResolvedHost {
  readonly layer?: ResolvedHostLayer;
  readonly baseline?: ResolvedHostBaseline;
}

/** Joins what is declared with what was seen. */
export function reportStatus(
  stack: string,
  plan: StackPlan,
  facts: HostFacts,
  resolved: ResolvedStack,
  problems: readonly Problem[] = [],
  { layer, baseline }: ResolvedHost = {},
): StatusReport {
  return {
    stack,
    profile: plan.profile,
    engine: { version: facts.docker.state === "running" ? facts.docker.version : "" },
    services: reportServices(plan, facts),
    models: plan.models.map(({ name }) => ({
      name,
      // Nobody can tell as long as Ollama does not answer.
      present: facts.models === undefined ? null : facts.models[name] !== undefined,
    })),
    drift: [...describeDrift(resolved), ...(layer?.drift ?? []), ...(baseline?.drift ?? [])],
    changes: [
      ...describeChanges(resolved, facts),
      ...(layer === undefined ? [] : describeLayerChanges(layer)),
    ],
    problems,
  };
}

export function reportServices(
  plan: StackPlan,
  facts: Pick<HostFacts, "inspectedContainers" | "images">,
): ServiceStatus[] {
  return plan.services.map((service) => {
    const { name, container, image, endpoint } = service;
    const seen = facts.inspectedContainers[container.name];
    const health = judgeHealth(seen);
    const runs = !["missing", "stopped", "foreign"].includes(health);
    return {
      name,
      container: container.name,
      health,
      since: (runs ? seen?.startedAt : undefined) ?? null,
      image: chooseImage(image, facts.images).name,
      endpoint,
      address: addressForPeople(service, plan.host),
    };
  });
}

/** What a report comes to: `failing` where a service cannot be used, else `pending` where something differs. */
export function judgeStatus(report: StatusReport): "fine" | "failing" | "pending" {
  if (report.services.some(({ health }) => !isServing(health))) return "failing";
  const differences = [...report.drift, ...report.changes, ...report.problems];
  return differences.length > 0 ? "pending" : "fine";
}
