import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually";
import { Plugin } from "../support/provider/plugin";
import { isAlive } from "../support/provider/process";
import { failure, useWorkspace } from "../support/provider/workspace";

const type = "local:Command";
const workspace = useWorkspace();
let plugin: Plugin;

// A plugin that was cancelled does no more work, so each test has one of its own.
beforeEach(async () => {
  plugin = await Plugin.start();
});
afterEach(async () => {
  await plugin.stop();
});

const pid = (name: string) => Number(workspace.read(name));
const started = (name: string) =>
  eventually(() => workspace.has(name) && workspace.read(name) !== "", `the command's ${name}`);

describe("a command that takes too long", () => {
  it("is ended by the time limit of its create", async () => {
    const create = `echo $$ >${workspace.at("pid")}; exec sleep 60`;
    const begin = Date.now();
    await failure(plugin.create(type, { create }, { timeoutSeconds: 1 }));
    expect(Date.now() - begin).toBeGreaterThanOrEqual(1000);
    expect(Date.now() - begin).toBeLessThan(20_000);
    expect(isAlive(pid("pid"))).toBe(false);
  });

  it("is ended by the time limits of its update and its delete", async () => {
    const old = await plugin.create(type, { delete: "exec sleep 60" });
    await failure(plugin.update(type, old, { update: "exec sleep 60" }, { timeoutSeconds: 1 }));
    await failure(plugin.delete(type, old, { timeoutSeconds: 1 }));
  });

  it("is let run within its time limit", async () => {
    const made = await plugin.create(
      type,
      { create: "sleep 0.3; echo done" },
      { timeoutSeconds: 10 },
    );
    expect(made.state.stdout).toBe("done");
  });

  it("is ended when the operation is cancelled", async () => {
    const create = `echo $$ >${workspace.at("pid")}; exec sleep 60`;
    const running = failure(plugin.create(type, { create }));
    await started("pid");
    await plugin.cancel();
    await running;
    expect(isAlive(pid("pid"))).toBe(false);
  });
});

describe("beyond the vendor", () => {
  /** A shell with a child that holds its output open, as scripts have. */
  const family = () =>
    `sleep 60 & echo $! >${workspace.at("child")}; echo $$ >${workspace.at("pid")}; echo waiting; wait`;
  const familyIsGone = () => {
    expect(isAlive(pid("pid"))).toBe(false);
    expect(isAlive(pid("child"))).toBe(false);
  };

  it("the time limit ends the whole process group and says so", async () => {
    const message = await failure(plugin.create(type, { create: family() }, { timeoutSeconds: 1 }));
    expect(message).toMatch(
      /^stopped because its time limit \(customTimeouts\) was reached: running "sleep .*:\nwaiting\n$/,
    );
    familyIsGone();
  });

  it("Cancel ends the whole process group and says so", async () => {
    const running = failure(plugin.create(type, { create: family() }));
    await started("pid");
    await plugin.cancel();
    expect(await running).toMatch(/^stopped because the operation was cancelled: running /);
    familyIsGone();
  });

  it("Cancel ends local.run as well", async () => {
    const running = failure(plugin.invoke("local:run", { command: family() }));
    await started("pid");
    await plugin.cancel();
    expect(await running).toMatch(/^stopped because the operation was cancelled: running /);
    familyIsGone();
  });

  it("after Cancel no further command starts", async () => {
    await plugin.cancel();
    const create = `touch ${workspace.at("ran")}`;
    expect(await failure(plugin.create(type, { create }))).toContain(
      "stopped because the operation was cancelled",
    );
    expect(workspace.has("ran")).toBe(false);
  });

  it("a command may clean up before it ends", async () => {
    const create =
      `trap 'echo cleaned >${workspace.at("cleaned")}; exit 0' TERM; ` +
      `echo $$ >${workspace.at("pid")}; while :; do sleep 0.05; done`;
    const running = failure(plugin.create(type, { create }));
    await started("pid");
    await plugin.cancel();
    await running;
    expect(workspace.read("cleaned")).toBe("cleaned\n");
  });

  it("a command that ignores the request is killed after the grace period", async () => {
    const create = `trap '' TERM; echo $$ >${workspace.at("pid")}; while :; do sleep 0.05; done`;
    const running = failure(plugin.create(type, { create }));
    await started("pid");
    const begin = Date.now();
    await plugin.cancel();
    await running;
    expect(Date.now() - begin).toBeGreaterThanOrEqual(3900);
    // The engine kills a plugin five seconds after it asked it to end; some more is for a busy machine.
    expect(Date.now() - begin).toBeLessThan(8000);
    expect(isAlive(pid("pid"))).toBe(false);
  });

  it("a descendant that left the group does not hold the plugin up", async () => {
    const create = `setsid sleep 60 & echo $! >${workspace.at("escaped")}; echo $$ >${workspace.at("pid")}; wait`;
    const running = failure(plugin.create(type, { create }));
    await started("pid");
    const begin = Date.now();
    await plugin.cancel();
    await running;
    expect(Date.now() - begin).toBeLessThan(8000);
    process.kill(pid("escaped"), "SIGKILL");
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends commands and then the plugin",
    async (signal) => {
      const running = failure(plugin.create(type, { create: family() }));
      await started("pid");
      plugin.process.child.kill(signal);
      expect(await running).toMatch(/^stopped because the operation was cancelled: running /);
      expect(await plugin.process.ended).toBe(0);
      familyIsGone();
    },
  );

  it("what a finished command left in the background lives on", async () => {
    const create = `sleep 60 >/dev/null 2>&1 & echo $! >${workspace.at("daemon")}`;
    await plugin.create(type, { create });
    expect(isAlive(pid("daemon"))).toBe(true);
    process.kill(pid("daemon"), "SIGKILL");
  });
});
