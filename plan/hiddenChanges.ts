import { splitVariable } from "./environment";
import type { HostFacts } from "./hostFacts";
import { plain } from "./quote";
import type { ResolvedService, ResolvedStack } from "./resolve";
import { isSecretKey, isSecretVariable } from "./secretNames";
import { type SecretValues, secretValue } from "./secrets";

/**
 * Variables that an update would change, as lines for people, where the engine's own diff cannot show them: an
 * environment that holds one secret is secret to it as a whole. Of what is secret, only the name is told.
 * @param secrets values that are in no line
 */
export function describeHiddenChanges(
  resolved: ResolvedStack,
  facts: HostFacts,
  secrets: SecretValues,
): string[] {
  return resolved.services.flatMap((service) => {
    const { container, comparison } = service;
    const seen = facts.inspectedContainers[container.name];
    const hidden = container.secretEnvs !== undefined || container.envs.some(isSecretVariable);
    // What drifted is told as drift.
    if (seen === undefined || !hidden || comparison.drift.length > 0) return [];
    const before = new Map(seen.envs.map(splitVariable));
    const after = declared(service, secrets);
    const ofImage = imageVariables(service, seen.image, facts);
    const gone = [...before.keys()].filter(
      (name) => ofImage !== undefined && !after.has(name) && ofImage.get(name) !== before.get(name),
    );
    return [...[...after.keys()].sort(), ...gone.sort()]
      .filter((name) => before.get(name) !== after.get(name))
      .map((name) => {
        const change = {
          name,
          before: before.get(name),
          after: after.get(name) ?? ofImage?.get(name),
        };
        return `container ${container.name}: ${describe(change, secrets)}`;
      });
  });
}

function declared({ container }: ResolvedService, secrets: SecretValues): Map<string, string> {
  const ofSecrets = (container.secretEnvs ?? []).map(
    ({ variable, secret }) => [variable, secretValue(secrets, secret)] as const,
  );
  return new Map([...container.envs.map(splitVariable), ...ofSecrets]);
}

/**
 * What the image itself sets, which no Compose file declares: of the image that the container runs or, where the host was not
 * asked for that one, of the one that it is to run. Undefined where neither is known: then nothing can be told to be gone.
 */
function imageVariables(
  { image }: ResolvedService,
  running: string,
  { imageEnvs }: HostFacts,
): Map<string, string> | undefined {
  const envs =
    imageEnvs.get(running) ?? (image.id === undefined ? undefined : imageEnvs.get(image.id));
  return envs && new Map(envs.map(splitVariable));
}

interface Change {
  readonly name: string;
  /** undefined: not set */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

function describe({ name, before, after }: Change, secrets: SecretValues): string {
  const hidden =
    isSecretKey(name) || [before ?? "", after ?? ""].some((value) => holdsSecret(value, secrets));
  if (before === undefined)
    return `${name} is not set, will be ${hidden ? "(its value is not shown)" : plain(after ?? "")}`;
  if (after === undefined)
    return hidden
      ? `${name} is set, will not be (its value is not shown)`
      : `${name} is ${plain(before)}, will not be set`;
  return hidden
    ? `${name} changes (its values are not shown)`
    : `${name} is ${plain(before)}, will be ${plain(after)}`;
}

/** A generated secret, or a password within an address. */
function holdsSecret(value: string, secrets: SecretValues): boolean {
  const generated = Object.values(secrets).some((secret) => value.includes(secret));
  return generated || /:\/\/[^\s/@]*:[^\s/@]+@/.test(value);
}
