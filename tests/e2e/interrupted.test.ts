import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KillingSocket } from "../support/e2e/killingSocket";
import { expectNoChanges, running, update } from "../support/e2e/stack";
import { inspect, Workspace } from "../support/e2e/workspace";

/**
 * An update that is killed, by SIGKILL and with its whole process group, after the engine has made a container and before
 * Pulumi's state knows of it. Each test builds on what the one before it left.
 */
describe("an update that was killed while it made a container", () => {
  let workspace: Workspace;
  let socket: KillingSocket;

  beforeAll(async () => {
    workspace = await Workspace.create();
    await workspace.prepare();
    socket = new KillingSocket(workspace.root);
    await socket.listen();
    workspace.environment.DOCKER_HOST = socket.address;
  });
  afterAll(async () => {
    socket?.close();
    await workspace?.remove();
  });

  const upThatIsKilled = async () => {
    const up = execa("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive"], {
      cwd: workspace.root,
      env: workspace.environment,
      reject: false,
      detached: true,
      stdin: "ignore",
    });
    socket.arm(() => process.kill(-(up.pid ?? 0), "SIGKILL"));
    expect((await up).signal).toBe("SIGKILL");
  };
  const pendingOperations = async () => {
    const { output } = await workspace.pulumi("stack", "export");
    return JSON.parse(output).deployment.pending_operations ?? [];
  };
  const leftMessage = () =>
    `container ${workspace.name("ollama")} was left by an update that was interrupted; it is removed and made anew`;

  it("first up: what was left is named, and the next up completes", async () => {
    await upThatIsKilled();
    // Its lock is left behind, as after every kill.
    expect((await workspace.pulumi("cancel", "--yes")).code).toBe(0);
    const left = await running(workspace, "ollama");
    expect(left.State.Status).toBe("created");
    expect(await pendingOperations()).toHaveLength(1);

    const preview = await workspace.pulumi("preview");
    expect(preview.output).toContain(leftMessage());
    // A preview touches nothing.
    expect((await running(workspace, "ollama")).Id).toBe(left.Id);

    expect(await update(workspace)).toContain(leftMessage());
    const { Id, State } = await running(workspace, "ollama");
    expect([Id === left.Id, State.Status]).toEqual([false, "running"]);
    await expectNoChanges(workspace);
  });

  it("update: the same while a container is replaced, and `aistack up` releases the lock and leaves nothing pending", async () => {
    workspace.edit("compose/ollama.yaml", "interval: 5s", "interval: 7s");
    await upThatIsKilled();
    const left = await running(workspace, "ollama");
    const up = await workspace.aistackWith(workspace.environment, "up", "--yes");
    expect(up.output).toMatch(/^An operation of process \d+ was killed: its lock is released\.$/m);
    expect(up.output).toContain(leftMessage());
    expect(up.code, up.output).toBe(0);
    const { Id, Config } = await running(workspace, "ollama");
    expect([Id === left.Id, Config.Healthcheck.Interval]).toEqual([false, 7e9]);
    expect(await pendingOperations()).toEqual([]);
    await expectNoChanges(workspace);
  });

  it("destroy: nothing is left", async () => {
    expect((await workspace.pulumi("destroy", "--yes")).code).toBe(0);
    expect(await inspect(workspace.name("ollama"))).toBeUndefined();
  });
});
