import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectNoChanges, lifeOf } from "../support/e2e/stack";
import { inspect, Workspace } from "../support/e2e/workspace";

/** Ctrl+C amid an update of the real engine. */
describe("an update that is interrupted", () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await Workspace.create();
    await workspace.prepare();
  });
  afterAll(() => workspace?.remove());

  /** Until the update has nothing left to do but to wait for the service. */
  const untilWaiting = async () => {
    for (let left = 600; left > 0; left -= 1) {
      const container = await inspect(workspace.name("ollama"));
      const answers =
        container?.State.Status === "running" &&
        (await workspace.ollama("/api/version").then(
          () => true,
          () => false,
        ));
      if (answers) return;
      await sleep(200);
    }
    throw new Error("the container did not come up");
  };

  it("while it waits for a service: the engine ends by itself, and what was done is kept", async () => {
    // A path that the service does not have: it is waited for as long as a gate waits.
    workspace.edit("compose/ollama.yaml", "readiness: /api/version", "readiness: /never");
    const running = execa(join(workspace.root, "aistack"), ["up", "--yes"], {
      cwd: workspace.root,
      env: { NO_COLOR: "1" },
      reject: false,
      all: true,
      stdin: "ignore",
      // A group of its own, as a shell gives it: the terminal signals all of it.
      detached: true,
    });
    await untilWaiting();
    const pressed = performance.now();
    process.kill(-(running.pid ?? 0), "SIGINT");
    const { exitCode, all } = await running;
    expect(all).toContain("interrupted; what was done by then is kept. Run it again to go on");
    expect(exitCode).toBe(1);
    expect(performance.now() - pressed).toBeLessThan(30_000);
    const { stdout } = await execa("pulumi", ["stack", "export"], {
      cwd: workspace.root,
      env: workspace.environment,
    });
    expect(JSON.parse(stdout).deployment.pending_operations ?? []).toEqual([]);
  });

  it("a plain up completes it with the same container", async () => {
    const before = await lifeOf(workspace, "ollama");
    workspace.edit("compose/ollama.yaml", "readiness: /never", "readiness: /api/version");
    const { code, output } = await workspace.aistack("up", "--yes");
    expect(output).not.toContain("pending operations");
    expect(code, output).toBe(0);
    expect(await lifeOf(workspace, "ollama")).toBe(before);
    await expectNoChanges(workspace);
  });
});
