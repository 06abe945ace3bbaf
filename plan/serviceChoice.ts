import { type Problem, StackError } from "./errors";
import type { ServicePlan, StackPlan } from "./plan";
import { quote } from "./quote";
import { suggest } from "./suggest";

/**
 * The services that names stand for, in the order in which they may start; no names stand for all.
 * @throws StackError with every name that no service of the stack has
 */
export function chooseServices(plan: StackPlan, names: readonly string[]): ServicePlan[] {
  const known = plan.services.map(({ name }) => name);
  const problems = names
    .filter((name) => !known.includes(name))
    .map((name): Problem => {
      const what = `the stack has no service ${quote(name)}`;
      return { what, fix: suggest(name, known) };
    });
  if (problems.length > 0) throw new StackError(problems);
  return plan.services.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** The services and all that they depend on, in the order in which they may start. */
export function withDependencies(plan: StackPlan, services: readonly ServicePlan[]): ServicePlan[] {
  const wanted = new Set<string>();
  const add = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const other of plan.services.find((service) => service.name === name)?.dependsOn ?? [])
      add(other);
  };
  for (const { name } of services) add(name);
  return plan.services.filter(({ name }) => wanted.has(name));
}
