import { expect } from "vitest";
import { type ContainerInspect, inspect, type Workspace } from "./workspace";

/** A container of the stack that must be there. */
export async function running(workspace: Workspace, service: string): Promise<ContainerInspect> {
  const name = workspace.name(service);
  const found = await inspect(name);
  if (found === undefined) throw new Error(`${name} is not there`);
  return found;
}

/** Id and start of a container: another pair is another container, or the same one started anew. */
export async function lifeOf(workspace: Workspace, service: string): Promise<string> {
  const { Id, State } = await running(workspace, service);
  return `${Id} ${State.StartedAt}`;
}

/** A preview that is empty. */
export async function expectNoChanges(workspace: Workspace): Promise<void> {
  const again = await workspace.pulumi("preview", "--expect-no-changes");
  expect(again.output).toMatch(/Resources:\n {4}\d+ unchanged/);
  expect(again.code).toBe(0);
}

/** An update that succeeds. @returns what it printed */
export async function update(workspace: Workspace): Promise<string> {
  const up = await workspace.pulumi("up", "--yes");
  expect(up.code, up.output).toBe(0);
  return up.output;
}
