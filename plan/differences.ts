import { MISSING, SPEC_LABEL } from "./drift";
import type { HostFacts } from "./hostFacts";
import type { ResolvedStack } from "./resolve";

/**
 * Every way in which the host was seen to differ from what was made on it, as lines for people.
 * What the stack has never made has not drifted: it is to be made. Nor has a host on which nothing was made.
 */
export function describeDrift(resolved: ResolvedStack): string[] {
  const objects = [
    ...resolved.networks.map(({ name, made, comparison }) => ({
      object: `network ${name}`,
      made,
      drift: comparison.drift,
    })),
    ...resolved.services.map(({ container, made, comparison }) => ({
      object: `container ${container.name}`,
      made,
      drift: comparison.drift,
    })),
  ];
  if (objects.every(({ made, drift }) => !made && isMissing(drift))) return [];
  const drifted = objects.filter(({ made, drift }) => made || !isMissing(drift));
  const models = resolved.models.map(({ name, drift }) => ({ object: `model ${name}`, drift }));
  const localai = resolved.localai.map(({ kind, name, drift }) => ({
    object: `${kind} ${name} of LocalAI`,
    drift,
  }));
  return [...drifted, ...models, ...localai].flatMap(({ object, drift }) =>
    drift.map((difference) => `${object} ${difference}`),
  );
}

const isMissing = (drift: readonly string[]) => drift[0] === MISSING;

/**
 * What the configuration asks for and the host was not given yet, as lines for people; drift is not
 * among them.
 */
export function describeChanges(resolved: ResolvedStack, facts: HostFacts): string[] {
  const objects = [
    ...resolved.networks.map(({ name, made, comparison }) => ({
      object: `network ${name}`,
      made,
      comparison,
      seen: facts.networks[name],
    })),
    ...resolved.services.map(({ container: { name }, made, comparison }) => ({
      object: `container ${name}`,
      made,
      comparison,
      seen: facts.inspectedContainers[name],
    })),
  ];
  const changes = objects.flatMap(({ object, made, comparison, seen }) => {
    if (isMissing(comparison.drift)) return made ? [] : [`${object} is to be made`];
    const label = seen?.labels[SPEC_LABEL];
    const other =
      label !== undefined && comparison.drift.length === 0 && label !== comparison.label;
    return other ? [`${object} was made from another configuration`] : [];
  });
  const models = resolved.models
    .filter(({ inSync, drift }) => !inSync && drift.length === 0)
    .map(({ name }) => `model ${name} is to be made`);
  const localai = resolved.localai
    .filter(
      ({ inSync, drift, replacement }) =>
        !inSync && drift.length === 0 && replacement === undefined,
    )
    .map(({ kind, name }) => `${kind} ${name} of LocalAI is to be made`);
  return [...changes, ...models, ...localai, ...describeReplacements(resolved)];
}

/**
 * What LocalAI has, but for another kind of GPU or from elsewhere. The engine's own diff cannot show it: the environment
 * that it is in holds a key, too.
 */
export function describeReplacements(resolved: ResolvedStack): string[] {
  return resolved.localai.flatMap(({ kind, name, replacement }) =>
    replacement === undefined
      ? []
      : [`${kind} ${name} of LocalAI is to be installed anew, ${replacement}`],
  );
}
