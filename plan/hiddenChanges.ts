import type { HostFacts } from "./hostFacts";
import { plain } from "./quote";
import type { ResolvedStack } from "./resolve";

/**
 * Variables that an update would change, as lines for people, where the engine's own diff cannot show them: an
 * environment that holds one secret is secret to it as a whole.
 */
export function describeHiddenChanges(resolved: ResolvedStack, facts: HostFacts): string[] {
  return resolved.services.flatMap(({ container, comparison }) => {
    const seen = facts.inspectedContainers[container.name];
    // What drifted is told as drift.
    if (seen === undefined || container.secretEnvs === undefined || comparison.drift.length > 0)
      return [];
    const present = new Map(seen.envs.map(split));
    return container.envs
      .filter((line) => !seen.envs.includes(line))
      .map(split)
      .map(([name, value]) => {
        const before = present.get(name);
        const was = before === undefined ? "is not set" : `is ${plain(before)}`;
        return `container ${container.name}: ${name} ${was}, will be ${plain(value)}`;
      });
  });
}

function split(line: string): [name: string, value: string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}
