import { describe, expect, test } from "vitest";
import type { AgentConfig } from "../../plan/agentConfig";
import {
  decideIdle,
  type IdleObservation,
  type IdleRecord,
  type LoadedModel,
} from "../../plan/idleDecision";

const NOW = new Date("2026-11-25T12:00:00.000Z");
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString();
const ahead = (minutes: number) => ago(-minutes);

const quiet: IdleObservation = {
  cpu: { busy: 1010, total: 2000 },
  gpu: { vendor: "none", source: "none", error: null, gpus: [] },
  ollama: { state: "answers", models: [] },
  connections: [],
  sessions: [],
  sshConnections: 0,
};

const policy: AgentConfig["idle"] = {
  enabled: true,
  afterMinutes: 30,
  unloadModels: true,
  suspend: false,
  suspendCommand: ["systemctl", "suspend"],
};

/** What a look ten seconds ago came to, when the host had been idle for some minutes. */
const earlier = (idleMinutes: number | null, seen: Partial<IdleObservation> = {}): IdleRecord => ({
  time: ago(1 / 6),
  idle: idleMinutes !== null,
  idleSince: idleMinutes === null ? null : ago(idleMinutes),
  reasons: [],
  actions: [],
  observed: { ...quiet, cpu: { busy: 1000, total: 1000 }, ...seen },
});

const withModels = (...models: LoadedModel[]): Partial<IdleObservation> => ({
  ollama: { state: "answers", models },
});

const gpuAt = (utilizationPercent: number | null): Partial<IdleObservation> => ({
  gpu: {
    vendor: "nvidia",
    source: "nvml",
    error: null,
    gpus: [
      {
        index: 1,
        uuid: "GPU-1",
        utilizationPercent,
        memoryUsedMib: 1,
        memoryTotalMib: 2,
        processes: [],
      },
    ],
  },
});

const llama = (expiresAt: string): LoadedModel => ({ name: "llama3:8b", expiresAt });
const client = { service: "ollama", peer: "192.168.1.5:4711" };

describe("busy", () => {
  test.each<[string, Partial<IdleObservation>, Partial<IdleObservation>, string]>([
    ["a GPU computes", gpuAt(5), {}, "GPU 1 computes (5 %)"],
    ["the CPUs compute", { cpu: { busy: 1200, total: 2000 } }, {}, "the CPUs compute (20 %)"],
    [
      "Ollama is silent",
      { ollama: { state: "silent", error: "no answer within 5 s" } },
      {},
      "Ollama does not answer: no answer within 5 s",
    ],
    [
      "a model's expiry moved",
      withModels(llama(ahead(5))),
      withModels(llama(ahead(4))),
      "model llama3:8b was used since the last look",
    ],
    [
      "a model was loaded",
      withModels(llama(ahead(5))),
      withModels(),
      "model llama3:8b was used since the last look",
    ],
    [
      "a model stays although it has expired",
      withModels(llama(ago(1))),
      withModels(llama(ago(1))),
      "model llama3:8b is at work on a request",
    ],
    [
      "a connection lasts",
      { connections: [client] },
      { connections: [client] },
      "192.168.1.5:4711 is connected to ollama",
    ],
    [
      "somebody sits at the machine",
      { sessions: [{ user: "alice", type: "tty", from: null }] },
      {},
      "alice is signed in (tty)",
    ],
    [
      "somebody has signed in from afar",
      { sessions: [{ user: "alice", type: "tty", from: "10.0.0.7" }] },
      {},
      "alice is signed in (tty from 10.0.0.7)",
    ],
    ["SSH connections", { sshConnections: 2 }, {}, "SSH connections: 2"],
  ])("%s", (_, seen, before, reason) => {
    const observed = { ...quiet, ...seen };
    expect(decideIdle(observed, earlier(29, before), policy, NOW)).toEqual({
      record: {
        time: NOW.toISOString(),
        idle: false,
        idleSince: null,
        reasons: [reason],
        actions: [],
        observed,
      },
      unload: [],
      suspend: false,
    });
  });

  test("every reason is told", () => {
    const observed = { ...quiet, ...gpuAt(99), sshConnections: 1 };
    expect(decideIdle(observed, undefined, policy, NOW).record.reasons).toEqual([
      "GPU 1 computes (99 %)",
      "SSH connections: 1",
    ]);
  });
});

describe("not busy", () => {
  test.each<[string, Partial<IdleObservation>, Partial<IdleObservation>]>([
    ["nothing at all", {}, {}],
    ["a desktop on the GPU", gpuAt(4), {}],
    ["daemons on the CPU", { cpu: { busy: 1199, total: 2000 } }, {}],
    ["a hidden /proc/stat", { cpu: null }, {}],
    ["a first reading of the CPU", {}, { cpu: null }],
    ["Ollama is stopped", { ollama: { state: "stopped" } }, {}],
    ["no Ollama in the stack", { ollama: { state: "none" } }, {}],
    ["a loaded model that nobody uses", withModels(llama(ahead(3))), withModels(llama(ahead(3)))],
    ["a model that Ollama is unloading", withModels(llama(ago(0.4))), withModels(llama(ago(0.4)))],
    ["a model that is gone", withModels(), withModels(llama(ahead(1)))],
    [
      "a model, first seen after Ollama was stopped",
      withModels(llama(ahead(3))),
      { ollama: { state: "stopped" } },
    ],
    ["a new connection, as a health check's", { connections: [client] }, {}],
    [
      "another connection than before",
      { connections: [client] },
      { connections: [{ ...client, peer: "192.168.1.5:4712" }] },
    ],
    [
      "the same peer at another service",
      { connections: [client] },
      { connections: [{ ...client, service: "localai" }] },
    ],
  ])("%s", (_, seen, before) => {
    const observed = { ...quiet, ...seen };
    expect(decideIdle(observed, earlier(12.5, before), policy, NOW)).toEqual({
      record: {
        time: NOW.toISOString(),
        idle: true,
        idleSince: ago(12.5),
        reasons: ["idle for 12 of 30 minutes"],
        actions: [],
        observed,
      },
      unload: [],
      suspend: false,
    });
  });
});

describe("the clock", () => {
  const since = (previous: IdleRecord | undefined) =>
    decideIdle(quiet, previous, policy, NOW).record.idleSince;

  test("starts at the first look, and after a busy one", () => {
    expect(since(undefined)).toBe(NOW.toISOString());
    expect(since(earlier(null))).toBe(NOW.toISOString());
  });

  test("goes on over a pause of five minutes, and starts anew after a longer one", () => {
    expect(since({ ...earlier(20), time: ago(5) })).toBe(ago(20));
    expect(since({ ...earlier(20), time: ago(5.1) })).toBe(NOW.toISOString());
  });

  test("starts anew when the host's own was set back", () => {
    expect(since({ ...earlier(20), time: ahead(1) })).toBe(NOW.toISOString());
  });

  test("after a pause what was seen before it is not compared with", () => {
    const previous = { ...earlier(20, withModels(llama(ahead(1)))), time: ago(9) };
    const observed = { ...quiet, ...withModels(llama(ahead(5))) };
    expect(decideIdle(observed, previous, policy, NOW).record.idle).toBe(true);
  });
});

describe("what is due", () => {
  const models = withModels(llama(ahead(100)), { name: "phi:2b", expiresAt: ahead(100) });
  const due = (minutes: number, changed: Partial<AgentConfig["idle"]> = {}, seen = models) => {
    const { unload, suspend } = decideIdle(
      { ...quiet, ...seen },
      earlier(minutes, seen),
      { ...policy, ...changed },
      NOW,
    );
    return { unload, suspend };
  };
  const both = ["llama3:8b", "phi:2b"];

  test("nothing before the time", () => {
    expect(due(29.9, { suspend: true })).toEqual({ unload: [], suspend: false });
  });

  test("models are unloaded; the host is suspended only where that is switched on", () => {
    expect(due(30)).toEqual({ unload: both, suspend: false });
    expect(due(30, { suspend: true })).toEqual({ unload: both, suspend: true });
    expect(due(30, { unloadModels: false })).toEqual({ unload: [], suspend: false });
    expect(due(30, { unloadModels: false, suspend: true })).toEqual({ unload: [], suspend: true });
  });

  test.each<[string, Partial<IdleObservation>, string]>([
    [
      "GPUs that cannot be read",
      { gpu: { vendor: "nvidia", source: "none", error: "HUNG", gpus: [] } },
      "the GPUs (nvidia) cannot be read: HUNG",
    ],
    [
      "no GPU where there should be one",
      { gpu: { vendor: "amd", source: "sysfs", error: null, gpus: [] } },
      "no GPU (amd) is listed",
    ],
    ["a partitioned GPU", gpuAt(null), "GPU 1 does not tell its use"],
    ["a hidden /proc/stat", { cpu: null }, "the use of the CPUs is not known"],
  ])("what is not known keeps the host awake, but no model loaded: %s", (_, seen, doubt) => {
    const observed = { ...quiet, ...models, ...seen };
    const decide = (suspend: boolean) =>
      decideIdle(observed, earlier(30, models), { ...policy, suspend }, NOW);
    const idle = "idle for 30 of 30 minutes";
    expect(decide(true)).toMatchObject({
      record: { idle: true, idleSince: ago(30), reasons: [idle, `not suspended: ${doubt}`] },
      unload: both,
      suspend: false,
    });
    expect(decide(false)).toMatchObject({ record: { reasons: [idle] }, unload: both });
  });

  test("nothing where idle checks are switched off", () => {
    expect(due(300, { enabled: false, suspend: true })).toEqual({ unload: [], suspend: false });
  });

  test("no models to unload where Ollama is stopped", () => {
    expect(due(30, {}, { ollama: { state: "stopped" } })).toEqual({ unload: [], suspend: false });
  });
});
