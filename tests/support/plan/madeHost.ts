import { SPEC_LABEL } from "../../../plan/drift";
import type { HostFacts } from "../../../plan/hostFacts";
import type { StackPlan } from "../../../plan/plan";
import { parseDuration } from "../../../plan/quantities";
import { type ResolvedService, resolveStack } from "../../../plan/resolve";
import { type SecretValues, secretValue } from "../../../plan/secrets";
import { EMPTY_RECORD, type StackRecord } from "../../../plan/stackRecord";
import { hostFacts } from "./hostOutput";

const MEBIBYTE = 1024 ** 2;

/** A host on which a plan's networks and containers were made, and run as declared, with what the stack's state knows then. */
export function madeHost(
  plan: StackPlan,
  secrets: SecretValues,
): { readonly facts: HostFacts; readonly record: StackRecord } {
  const { networks, services } = resolveStack({
    plan,
    facts: hostFacts(),
    fileHashes: {},
    records: {},
    recordFolder: "",
    secrets,
    now: new Date(0),
  });
  const objects = [
    ...networks.map(({ name }) => ({ kind: "network" as const, name })),
    ...services.map(({ container }) => ({ kind: "container" as const, name: container.name })),
  ];
  return {
    facts: {
      ...hostFacts(),
      networks: Object.fromEntries(
        networks.map(({ name, internal, comparison }) => [
          name,
          { id: name, driver: "bridge", internal, labels: labelled(comparison.label) },
        ]),
      ),
      inspectedContainers: Object.fromEntries(
        services.map((service) => [service.container.name, inspect(service, secrets)]),
      ),
    },
    record: {
      ...EMPTY_RECORD,
      objects: objects.map((one) => ({ ...one, id: one.name, current: true })),
    },
  };
}

/** Without what was seen: nothing had been made when the label was computed. */
const labelled = (label: string) => ({ [SPEC_LABEL]: label.split(" ")[0] ?? "" });

function inspect(
  { container, comparison }: ResolvedService,
  secrets: SecretValues,
): HostFacts["inspectedContainers"][string] {
  const { name, memory = 0, memorySwap = 0, healthcheck } = container;
  const ofSecrets = (container.secretEnvs ?? []).map(
    ({ variable, secret }) => `${variable}=${secretValue(secrets, secret)}`,
  );
  const nanoseconds = (duration = "") => parseDuration(duration) ?? 0;
  return {
    id: name,
    image: "sha256:aaaa",
    status: "running",
    health: "healthy",
    startedAt: "2026-11-22T11:00:00.5Z",
    labels: labelled(comparison.label),
    envs: [...container.envs, ...ofSecrets],
    restart: container.restart,
    memory: memory * MEBIBYTE,
    memorySwap: memorySwap * MEBIBYTE,
    nanoCpus: Number(container.cpus ?? 0) * 1e9,
    readOnly: container.readOnly,
    init: container.init,
    tmpfs: container.tmpfs,
    capDrop: container.capabilities?.drops ?? [],
    securityOpts: container.securityOpts,
    logOpts: container.logOpts,
    ports: container.ports.map(
      (port) => `${port.ip}:${port.external}:${port.internal}/${port.protocol}`,
    ),
    mounts: container.mounts.map(({ source, target }) => `${source}:${target}`),
    healthcheck: healthcheck && {
      tests: healthcheck.tests,
      interval: nanoseconds(healthcheck.interval),
      timeout: nanoseconds(healthcheck.timeout),
    },
    networkIds: Object.fromEntries(
      container.networks.map((network) => [network.name, network.name]),
    ),
    deviceRequests: [],
    runtime: "runc",
    devices: [],
    groupAdds: [],
  };
}
