import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { AgentConfig } from "../../plan/agentConfig";
import { AgentHost } from "../support/agent/agentProcess";
import { AGENTS, buildAgent } from "../support/agent/builtAgent";
import { NotifySocket } from "../support/agent/notifySocket";

beforeAll(buildAgent);

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const HEALTH = "STATUS=0 of 0 services healthy";
const READY = `READY=1\n${HEALTH}`;
const ALIVE = `WATCHDOG=1\n${HEALTH}`;

/** As systemd sets it: the watchdog is meant for the agent's own process. */
const WATCHDOG = { WATCHDOG_USEC: "90000000", WATCHDOG_PID: "$$" };

describe.each(AGENTS)("what systemd is told, by $kind", ({ command }) => {
  async function start(
    environment: Readonly<Record<string, string>>,
    changed: Partial<AgentConfig> = {},
  ): Promise<{ agent: AgentHost; systemd: NotifySocket }> {
    const agent = new AgentHost(command, changed);
    closers.push(() => agent.remove());
    const systemd = await NotifySocket.open(join(agent.root, "notify.sock"));
    closers.push(() => systemd.close());
    agent.start({ NOTIFY_SOCKET: systemd.path, ...environment });
    return { agent, systemd };
  }

  test("ready after the first heartbeat, alive after each other one, and stopping", async () => {
    const { agent, systemd } = await start(WATCHDOG);
    await systemd.received(ALIVE, 2);
    expect(await agent.end("SIGTERM")).toMatchObject({ code: 0, stderr: "" });
    const messages = systemd.messages();
    const heartbeats = agent.events("agent.heartbeat").length;
    expect(messages).toEqual([READY, ...Array(heartbeats - 1).fill(ALIVE), "STOPPING=1"]);
  });

  test("a reload, and that it is over", async () => {
    const { agent, systemd } = await start({});
    await systemd.received(READY);
    agent.kill("SIGHUP");
    await systemd.received("READY=1");
    expect(systemd.messages()).toEqual([
      READY,
      expect.stringMatching(/^RELOADING=1\nMONOTONIC_USEC=\d+$/),
      "READY=1",
    ]);
  });

  test.each([
    ["no watchdog is set", {}],
    ["the watchdog is another process's", { WATCHDOG_USEC: "90000000", WATCHDOG_PID: "1" }],
  ])("no sign of life where %s", async (_, environment) => {
    const { agent, systemd } = await start(environment);
    await agent.seen("agent.heartbeat", 3);
    await agent.end("SIGTERM");
    expect(systemd.messages()).toEqual([READY, "STOPPING=1"]);
  });

  test("heartbeats come as often as a short watchdog needs them", async () => {
    const { agent, systemd } = await start(
      { ...WATCHDOG, WATCHDOG_USEC: "2000000" },
      { heartbeatSeconds: 3600 },
    );
    await systemd.received(ALIVE, 2);
    expect(agent.events("agent.heartbeat").length).toBeGreaterThanOrEqual(3);
  });

  test("no sign of life once heartbeats hang, and an end within five seconds all the same", async () => {
    const agent = new AgentHost(command);
    closers.push(() => agent.remove());
    const systemd = await NotifySocket.open(join(agent.root, "notify.sock"));
    closers.push(() => systemd.close());
    // A disk that hangs: a pipe in place of a log file, which blocks who writes once it is full.
    const { metrics } = agent.config.paths;
    execFileSync("mkfifo", [metrics]);
    const pipe = openSync(metrics, constants.O_RDWR | constants.O_NONBLOCK);
    closers.push(() => closeSync(pipe));
    agent.start({ NOTIFY_SOCKET: systemd.path, ...WATCHDOG });
    await systemd.received(ALIVE, 2);
    fill(pipe);
    await sleep(500);
    const alive = systemd.messages().length;
    await sleep(3500);
    expect(systemd.messages().length).toBe(alive);
    expect(agent.isRunning).toBe(true);
    const end = await agent.end("SIGTERM");
    expect(end).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(end.seconds).toBeLessThan(5);
    expect(systemd.messages().at(-1)).toBe("STOPPING=1");
  });

  test("without systemd nothing is sent, and nothing is missed", async () => {
    const agent = new AgentHost(command);
    closers.push(() => agent.remove());
    agent.start();
    await agent.seen("agent.heartbeat", 2);
    expect(await agent.end("SIGTERM")).toMatchObject({ code: 0, stderr: "" });
  });

  test("a systemd that cannot be told is complained of once, and changes nothing", async () => {
    const agent = new AgentHost(command);
    closers.push(() => agent.remove());
    agent.start({ NOTIFY_SOCKET: join(agent.root, "absent.sock"), ...WATCHDOG });
    await agent.seen("agent.heartbeat", 4);
    const { code, stderr } = await agent.end("SIGTERM");
    expect(code).toBe(0);
    expect(stderr.match(/systemd was not told READY=1/g)).toHaveLength(1);
  });
});

/** Writes until the pipe takes no more. */
function fill(pipe: number): void {
  try {
    for (;;) writeSync(pipe, "x".repeat(512));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  }
}
