import { createHash } from "node:crypto";
import type { ContainerSpec } from "./containerSpec";
import { gpuDifferences } from "./gpuDrift";
import type { HostFacts, InspectedNetwork } from "./hostFacts";
import type { InspectedContainer } from "./inspectedContainer";
import type { NetworkSpec } from "./plan";
import { parseDuration } from "./quantities";
import { type SecretValues, secretValue } from "./secrets";

/**
 * Label of everything aistack makes in the engine: identity of the spec it was made from. A
 * different spec is a pending change; the same spec on an object that differs from it is drift.
 */
export const SPEC_LABEL = "dev.aistack.spec";

/** An object's label as it is to be declared, and how the host differs from what was made there. */
export interface Comparison {
  /**
   * The label seen on the host where that is in sync, so that nothing changes; else a value that was
   * never there before, so that the object is replaced. It tells what was seen.
   */
  readonly label: string;
  /** `is stopped (exited)`, `memory is 1024 MiB, not 16384 MiB`; empty where there is no drift */
  readonly drift: readonly string[];
}

/** The difference of an object that is not there at all. */
export const MISSING = "is missing";

/** The image that a container is to run from; no id where the engine does not have it yet. */
export interface ImageIdentity {
  readonly name: string;
  readonly id: string | undefined;
  /** bound to a digest that is no part of the name */
  readonly pinned?: boolean;
}

export function compareContainer(
  spec: ContainerSpec,
  image: ImageIdentity,
  facts: HostFacts,
  now: Date,
  secrets: SecretValues,
): Comparison {
  // With the image's name: another one is the user's change. The same name with another content is drift, but not
  // where a digest binds it: then the lock was changed. A lock that is new, for the same content, changes nothing.
  const made = { ...spec, image: image.name };
  const seen = facts.inspectedContainers[spec.name];
  if (seen === undefined) return compare(made, undefined, [MISSING], now);
  const { pinned = false } = image;
  const differences = containerDifferences(
    spec,
    pinned ? undefined : image.id,
    seen,
    facts,
    secrets,
  );
  const repinned = pinned && image.id !== undefined && image.id !== seen.image;
  const changes = repinned ? [`image is ${seen.image}, not ${image.id}`] : [];
  return compare(made, seen.labels[SPEC_LABEL], differences, now, changes);
}

export function compareNetwork(spec: NetworkSpec, facts: HostFacts, now: Date): Comparison {
  const seen = facts.networks[spec.name];
  if (seen === undefined) return compare(spec, undefined, [MISSING], now);
  return compare(spec, seen.labels[SPEC_LABEL], networkDifferences(spec, seen), now);
}

/** @param changes differences that the user made: they replace the object as well, but are no drift */
function compare(
  spec: object,
  seenLabel: string | undefined,
  drift: readonly string[],
  now: Date,
  changes: readonly string[] = [],
): Comparison {
  const identity = createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 16);
  // Made from another spec: the change is the user's own, and the provider's diff shows it in full.
  if (seenLabel !== undefined && seenLabel.split(" ")[0] !== identity)
    return { label: identity, drift: [] };
  const differences = [...drift, ...changes];
  if (differences.length === 0) return { label: seenLabel ?? identity, drift: [] };
  return { label: `${identity} ${differences.join("; ")} at ${now.toISOString()}`, drift };
}

const MEBIBYTE = 1024 ** 2;

/** Only what is declared is compared: what the image or the daemon adds is theirs. */
function containerDifferences(
  spec: ContainerSpec,
  imageId: string | undefined,
  seen: InspectedContainer,
  facts: HostFacts,
  secrets: SecretValues,
): string[] {
  const differences: string[] = [];
  const same = (what: string, found: unknown, declared: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(declared))
      differences.push(`${what} is ${shown(found)}, not ${shown(declared)}`);
  };
  if (!["running", "restarting"].includes(seen.status))
    differences.push(`is stopped (${seen.status})`);
  if (imageId !== undefined) same("image", seen.image, imageId);
  same("restart policy", seen.restart, spec.restart);
  if (spec.memory !== undefined) same("memory in MiB", seen.memory / MEBIBYTE, spec.memory);
  if (spec.memorySwap !== undefined)
    same("memory and swap in MiB", seen.memorySwap / MEBIBYTE, spec.memorySwap);
  same("CPUs", seen.nanoCpus / 1e9, Number(spec.cpus ?? 0));
  same("read-only root", seen.readOnly, spec.readOnly);
  same("init", seen.init, spec.init);
  same("tmpfs", sorted(seen.tmpfs), sorted(spec.tmpfs));
  same("dropped capabilities", seen.capDrop, spec.capabilities?.drops ?? []);
  same("security options", seen.securityOpts, spec.securityOpts);
  same("log options", sorted(seen.logOpts), sorted(spec.logOpts));
  const ofSecrets = (spec.secretEnvs ?? []).map(
    ({ variable, secret }) => `${variable}=${secretValue(secrets, secret)}`,
  );
  for (const variable of [...spec.envs, ...ofSecrets]) {
    // Values may be secrets, so only the name is told.
    if (!seen.envs.includes(variable))
      differences.push(`environment variable ${variable.split("=", 1)[0]} differs`);
  }
  same(
    "ports",
    seen.ports,
    spec.ports.map((port) => `${port.ip}:${port.external}:${port.internal}/${port.protocol}`),
  );
  // An image's own volumes are mounted beside the declared ones.
  for (const { source, target } of spec.mounts) {
    if (!seen.mounts.includes(`${source}:${target}`))
      differences.push(`volume ${source} is not mounted at ${target}`);
  }
  if (spec.healthcheck !== undefined) {
    same("healthcheck", seen.healthcheck?.tests, spec.healthcheck.tests);
    same(
      "healthcheck interval",
      seen.healthcheck?.interval,
      nanoseconds(spec.healthcheck.interval),
    );
    same("healthcheck timeout", seen.healthcheck?.timeout, nanoseconds(spec.healthcheck.timeout));
  }
  for (const network of spec.networks) {
    if (seen.networkIds[network.name] === undefined)
      differences.push(`is not attached to network ${network.name}`);
    else if (seen.networkIds[network.name] !== facts.networks[network.name]?.id) {
      differences.push(`is attached to an earlier network ${network.name}`);
    }
  }
  differences.push(...gpuDifferences(spec, seen, facts));
  return differences;
}

function networkDifferences(spec: NetworkSpec, seen: InspectedNetwork): string[] {
  const differences: string[] = [];
  if (seen.driver !== "bridge") differences.push(`driver is ${seen.driver}, not bridge`);
  if (seen.internal !== spec.internal)
    differences.push(`internal is ${seen.internal}, not ${spec.internal}`);
  return differences;
}

function nanoseconds(duration: string | undefined): number {
  return duration === undefined ? 0 : (parseDuration(duration) ?? 0);
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
