import { once } from "node:events";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { askAgent } from "../../cli/agentSocket";
import { queryHttp } from "../../host/httpQuery";
import type { AgentConfig } from "../../plan/agentConfig";
import type { Heartbeat } from "../../plan/heartbeat";
import { AgentHost } from "../support/agent/agentProcess";
import { AGENTS, buildAgent } from "../support/agent/builtAgent";
import { fakePython, loadAnswer } from "../support/agent/fakePython";
import { SmallServer } from "../support/agent/smallServer";

beforeAll(buildAgent);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** A service that takes connections and never answers. */
async function hangingService(): Promise<AgentConfig["services"]> {
  const server = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return [{ name: "hangs", url: `http://127.0.0.1:${port}/`, kind: "inference" }];
}

async function freeAddress(): Promise<string> {
  const server = await SmallServer.start();
  const { url } = server;
  server.close();
  return url.replace("http://", "");
}

describe.each(AGENTS)("the agent, by $kind", ({ command }) => {
  function host(changed: Partial<AgentConfig> = {}): AgentHost {
    const agent = new AgentHost(command, changed);
    closers.push(() => agent.remove());
    return agent;
  }

  test("heartbeats are logged, measured, and told by file and socket", async () => {
    const service = await SmallServer.start();
    closers.push(() => service.close());
    const agent = host({
      services: [{ name: "web", url: `${service.url}/health`, kind: "interface" }],
    });
    agent.start();
    const [first, second] = await agent.seen("agent.heartbeat", 2);
    expect(first).toMatchObject({
      level: "info",
      sequence: 1,
      cpu: { usedPercent: null, count: expect.any(Number) },
      memory: { totalBytes: expect.any(Number), availableBytes: expect.any(Number) },
      disk: { path: agent.root, freeBytes: expect.any(Number), error: null },
      gpu: { vendor: "none", source: "none", error: null, gpus: [] },
      services: [{ name: "web", healthy: true, status: 200, error: null }],
    });
    expect(second).toMatchObject({ sequence: 2, cpu: { usedPercent: expect.any(Number) } });
    expect(agent.events()[0]).toMatchObject({ event: "agent.started", pid: agent.pid });
    expect(service.requests).toContain("GET /health");

    const status = {
      version: "0.1.0",
      pid: agent.pid,
      startedAt: expect.any(String),
      heartbeatSeconds: 1,
      metrics: null,
      reload: null,
      heartbeat: expect.objectContaining({
        services: [expect.objectContaining({ name: "web", healthy: true })],
      }),
    };
    expect(await askAgent(agent.config.paths.socket)).toEqual({ state: "answers", status });
    expect(JSON.parse(readFileSync(agent.config.paths.status, "utf8"))).toEqual(status);
    const [line = ""] = readFileSync(agent.config.paths.metrics, "utf8").split("\n");
    const measured = JSON.parse(line) as Heartbeat;
    expect(measured.memory).toEqual(first?.memory);
    expect(await agent.end("SIGTERM")).toMatchObject({ code: 0, stderr: "" });
  });

  test("SIGHUP: a good configuration is taken, and acted upon at once", async () => {
    const agent = host({ heartbeatSeconds: 3600 });
    agent.start();
    await agent.seen("agent.heartbeat");
    const metrics = await freeAddress();
    agent.configure({ heartbeatSeconds: 1, metrics });
    agent.kill("SIGHUP");
    const [reload] = await agent.seen("agent.reload");
    expect(reload).toMatchObject({
      level: "info",
      accepted: true,
      changed: ["heartbeatSeconds", "metrics"],
    });
    await agent.seen("agent.heartbeat", 3);
    const { status, body } = await queryHttp(`http://${metrics}/metrics`, {
      limitMs: 5000,
      mostBytes: 1024 ** 2,
    });
    expect(status).toBe(200);
    expect(body).toContain("\naistack_agent_heartbeats_total ");
  });

  test("SIGHUP: a bad configuration is refused with every reason, and the old one is kept", async () => {
    const agent = host();
    agent.start();
    await agent.seen("agent.heartbeat");
    agent.configure({ heartbeatSeconds: 0, metrics: "0.0.0.0:9464" });
    agent.kill("SIGHUP");
    const [reload] = await agent.seen("agent.reload");
    const problems = [
      `${agent.configFile}: heartbeatSeconds: must be a whole number from 1 to 3600, not 0. Repair it with: aistack up`,
      `${agent.configFile}: metrics: must be an address on loopback such as 127.0.0.1:9464, not "0.0.0.0:9464". Repair it with: aistack up`,
    ];
    expect(reload).toMatchObject({ level: "error", accepted: false, problems });
    const before = agent.events("agent.heartbeat").length;
    await agent.seen("agent.heartbeat", before + 2);
    expect(await askAgent(agent.config.paths.socket)).toMatchObject({
      state: "answers",
      status: { heartbeatSeconds: 1, reload: { problems } },
    });
  });

  test("SIGHUP: a configuration that is gone is refused", async () => {
    const agent = host();
    agent.start();
    await agent.seen("agent.heartbeat");
    renameSync(agent.configFile, `${agent.configFile}.gone`);
    agent.kill("SIGHUP");
    const [reload] = await agent.seen("agent.reload");
    expect(reload).toMatchObject({
      accepted: false,
      problems: [`${agent.configFile}: cannot be read (ENOENT)`],
    });
  });

  test("SIGUSR1: logs go on in new files, and no line is lost under load", async () => {
    const agent = host();
    agent.start();
    await agent.seen("agent.heartbeat");
    const { log, metrics } = agent.config.paths;
    const rotated: { log: string; metrics: string }[] = [];
    for (let round = 0; round < 8; round += 1) {
      // Each makes a heartbeat of its own, so that lines are on their way at any moment.
      for (let signal = 0; signal < 5; signal += 1) {
        agent.kill("SIGHUP");
        await sleep(20);
      }
      const names = { log: `${log}.${round}`, metrics: `${metrics}.${round}` };
      renameSync(log, names.log);
      renameSync(metrics, names.metrics);
      agent.kill("SIGUSR1");
      await vi.waitFor(() => {
        if (!existsSync(log) || !existsSync(metrics)) throw new Error("not opened anew");
      }, 10_000);
      rotated.push(names);
    }
    expect(await agent.end("SIGTERM")).toMatchObject({ code: 0, stderr: "" });
    const files = [...rotated, { log, metrics }];
    const logged = files.flatMap((names) => agent.events("agent.heartbeat", names.log));
    const sequence = logged.map((line) => line.sequence);
    expect(sequence.length).toBeGreaterThan(20);
    expect(sequence).toEqual(sequence.map((_, index) => index + 1));
    const measured = files.flatMap((names) =>
      readFileSync(names.metrics, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as Heartbeat).sequence),
    );
    expect(measured).toEqual(sequence);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s ends it cleanly within five seconds while a service hangs",
    async (signal) => {
      const agent = host({ services: await hangingService() });
      agent.start();
      // In the middle of the first heartbeat, which waits for the service.
      await agent.seen("agent.started");
      await sleep(300);
      const end = await agent.end(signal);
      expect(end).toMatchObject({ code: 0, signal: null, stderr: "" });
      expect(end.seconds).toBeLessThan(5);
      expect(agent.events().at(-1)).toMatchObject({ event: "agent.stopped", reason: signal });
      expect(agent.events("agent.heartbeat")).toEqual([]);
      expect(existsSync(agent.config.paths.socket)).toBe(false);
    },
  );

  test("a service that hangs is told as such, and keeps no heartbeat", async () => {
    const agent = host({ services: await hangingService() });
    agent.start();
    const [first] = await agent.seen("agent.heartbeat");
    expect(first?.services).toEqual([
      {
        name: "hangs",
        healthy: false,
        status: null,
        error: "no answer within 3 s",
        tookMs: expect.any(Number),
      },
    ]);
  });

  test("NVIDIA's GPUs are read by the probe that it carries", async () => {
    const agent = host({ gpu: "nvidia" });
    fakePython(agent.root, `echo '${JSON.stringify(loadAnswer(37))}'`);
    agent.start({ PATH: `${agent.root}:$PATH` });
    const [first] = await agent.seen("agent.heartbeat");
    expect(first?.gpu).toMatchObject({
      vendor: "nvidia",
      source: "nvml",
      error: null,
      gpus: [{ index: 0, uuid: "GPU-8f0a", utilizationPercent: 37 }],
    });
  });

  test("a driver that hangs is told as such, and holds up one heartbeat alone", async () => {
    const agent = host({ gpu: "nvidia" });
    fakePython(agent.root, "exec sleep 60");
    agent.start({ PATH: `${agent.root}:$PATH` });
    const beats = await agent.seen("agent.heartbeat", 3);
    for (const beat of beats) {
      expect(beat.gpu).toEqual({
        vendor: "nvidia",
        source: "none",
        error: "the driver does not answer",
        gpus: [],
      });
    }
    expect(beats[0]?.tookMs).toBeLessThan(8000);
    expect(beats[1]?.tookMs).toBeLessThan(1000);
  });
});
