import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, inspect, Workspace } from "../support/e2e/workspace";

describe("two stacks with a namePrefix on one engine", () => {
  const workspaces: Workspace[] = [];
  /** Somebody else's container, with a name that looks like ours. */
  let bystander: string;

  beforeAll(async () => {
    for (let count = 0; count < 2; count += 1) {
      const workspace = await Workspace.create();
      workspaces.push(workspace);
      await workspace.prepare();
    }
    const [one] = workspaces as [Workspace];
    bystander = `${one.prefix}-ollama-other`;
  });
  afterAll(async () => {
    for (const workspace of workspaces) await workspace.remove();
  });

  it("first up: both run and answer on their own ports", async () => {
    for (const workspace of workspaces)
      expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    for (const workspace of workspaces) {
      expect(await workspace.ollama("/api/version")).toEqual({ version: expect.any(String) });
      expect((await inspect(workspace.name("ollama")))?.Mounts).toMatchObject([
        { Name: workspace.name("ollama_data"), Destination: "/root/.ollama" },
      ]);
    }
  });

  it("destroy: touches only its own objects", async () => {
    const [one, other] = workspaces as [Workspace, Workspace];
    const image = (await inspect(one.name("ollama")))?.Image ?? "";
    await docker("create", "--name", bystander, image);
    const before = await inspect(other.name("ollama"));

    expect((await one.pulumi("destroy", "--yes")).code).toBe(0);

    expect(await inspect(one.name("ollama"))).toBeUndefined();
    expect(await inspect(bystander)).toBeDefined();
    const after = await inspect(other.name("ollama"));
    expect([after?.Id, after?.State.StartedAt]).toEqual([before?.Id, before?.State.StartedAt]);
    expect((await other.pulumi("preview", "--expect-no-changes")).code).toBe(0);
  });
});
