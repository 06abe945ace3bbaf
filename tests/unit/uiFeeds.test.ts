import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerStats } from "dockerode";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cleanText } from "../../cli/ui/cleanText";
import type { FeedContext } from "../../cli/ui/feeds/context";
import { type EngineEvent, toEvent } from "../../cli/ui/feeds/engineEvents";
import { feedGpus } from "../../cli/ui/feeds/gpus";
import { toLogEvent } from "../../cli/ui/feeds/logEvents";
import { repeat } from "../../cli/ui/feeds/repeat";
import { toUsage } from "../../cli/ui/feeds/usage";
import type { UiAction } from "../../cli/ui/state";
import { readAgentGpus } from "../../plan/gpuUsage";
import { planMinimal } from "../support/plan/stack";

describe("use of memory and processor", () => {
  const stats = (cpu: number, read: string, memory: object = {}) =>
    ({
      read,
      cpu_stats: { cpu_usage: { total_usage: cpu } },
      memory_stats: { usage: 1000, limit: 4000, stats: {}, ...memory },
    }) as unknown as ContainerStats;
  const first = toUsage(stats(5e9, "2026-11-22T12:00:00Z"), undefined);

  test("the first look has no percentage yet", () => {
    expect(first.usage).toEqual({
      cpuPercent: undefined,
      memoryBytes: 1000,
      memoryLimitBytes: 4000,
    });
  });

  test("percent of one core since the last look; two busy cores are 200", () => {
    const { usage } = toUsage(stats(9e9, "2026-11-22T12:00:02Z"), first.sample);
    expect(usage.cpuPercent).toBe(200);
  });

  test("a restarted container tells nothing of the time before", () => {
    const { usage } = toUsage(stats(1e9, "2026-11-22T12:00:02Z"), first.sample);
    expect(usage.cpuPercent).toBeUndefined();
  });

  test.each([
    ["cgroup 1", { stats: { total_inactive_file: 300 } }, 700],
    ["cgroup 2", { stats: { inactive_file: 400 } }, 600],
    ["more cache than use", { stats: { inactive_file: 4000 } }, 1000],
    ["nothing told", { usage: undefined, limit: undefined, stats: undefined }, 0],
  ])("memory without the cache of files: %s", (_what, memory, bytes) => {
    const { usage } = toUsage(stats(0, "2026-11-22T12:00:00Z", memory), undefined);
    expect(usage.memoryBytes).toBe(bytes);
  });
});

describe("events of containers in words", () => {
  const event = (Action: string, Attributes: Record<string, string> = {}): EngineEvent => ({
    Action,
    Actor: { Attributes: { name: "aistack-ollama", ...Attributes } },
    time: 1_795_000_000,
  });
  test.each([
    ["start", "ollama was started"],
    ["health_status: healthy", "ollama is healthy"],
    ["oom", "ollama ran out of memory"],
    ["exec_create: ollama list", undefined],
    ["kill", undefined],
  ])("%s", (action, text) => {
    expect(toEvent(event(action), planMinimal())?.text).toBe(text);
  });

  test("an end has its exit code and its time", () => {
    expect(toEvent(event("die", { exitCode: "137" }), planMinimal())).toEqual({
      time: new Date(1_795_000_000_000),
      text: "ollama ended (exit code 137)",
    });
  });

  test("other containers' are none of ours", () => {
    expect(toEvent(event("start", { name: "web" }), planMinimal())).toBeUndefined();
  });
});

test.each([
  [{ event: "app.exited", verb: "up", exitCode: 0 }, "aistack up ended with 0"],
  [{ event: "app.exited", verb: "stop", signal: "SIGINT" }, "aistack stop ended with SIGINT"],
  [{ event: "app.exited", verb: "status", exitCode: 0 }, undefined],
  [{ event: "app.started", verb: "up" }, undefined],
  [{ event: "app.exited", verb: "up", exitCode: 0, checkout: "/another" }, undefined],
])("of the log %j is told: %s", (record, text) => {
  const line = JSON.stringify({ time: "2026-11-22T12:00:00.000Z", checkout: "/mine", ...record });
  expect(toLogEvent(line, "/mine")?.text).toBe(text);
});

test.each(["broken", "", "[]"])("%j in the log is nothing", (line) => {
  expect(toLogEvent(line, "/mine")).toBeUndefined();
});

describe("what the agent tells of GPUs", () => {
  const gpu = (change: object) => ({
    heartbeat: {
      gpu: {
        vendor: "nvidia",
        source: "nvml",
        error: null,
        gpus: [
          {
            index: 0,
            uuid: "GPU-a",
            utilizationPercent: 7,
            memoryUsedMib: 10,
            memoryTotalMib: 100,
            processes: null,
          },
        ],
        ...change,
      },
    },
  });

  test("load and memory", () => {
    expect(readAgentGpus(gpu({}))).toEqual({
      gpus: [
        { uuid: "GPU-a", name: "GPU 0", loadPercent: 7, memoryUsedMiB: 10, memoryTotalMiB: 100 },
      ],
    });
  });

  test("why it sees none", () => {
    const reason = "9 DRIVER_NOT_LOADED";
    expect(readAgentGpus(gpu({ error: reason, gpus: [] }))).toEqual({ reason });
  });

  test.each([
    ["none expected", gpu({ source: "none", gpus: [] })],
    ["not looked yet", { heartbeat: null }],
    ["something else", "x"],
  ])("nothing: %s", (_what, status) => expect(readAgentGpus(status)).toBeUndefined());
});

test("a service's line cannot act upon the terminal", () => {
  expect(cleanText("\u001b[31mred\u001b[0m\tand\u0007 \u001b]0;title\u0007bell\r")).toBe(
    "red    and bell",
  );
});

test("what is repeated ends with the signal, its pause cut short", async () => {
  const ending = new AbortController();
  let times = 0;
  const started = Date.now();
  await repeat(60_000, ending.signal, async () => {
    times += 1;
    setTimeout(() => ending.abort(), 10);
  });
  expect(times).toBe(1);
  expect(Date.now() - started).toBeLessThan(10_000);
});

describe("nvidia-smi, where no agent answers", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "nvidia-smi-"));
    vi.stubEnv("PATH", folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  /** The first thing that the feed tells. */
  const first = (gpu: FeedContext["gpu"] = "nvidia") =>
    new Promise<UiAction>((done) => {
      const ending = new AbortController();
      const dispatch = (action: UiAction) => {
        ending.abort();
        done(action);
      };
      const context = { gpu, ssh: undefined, signal: ending.signal, dispatch };
      void feedGpus(context as unknown as FeedContext);
    });
  const smi = (body: string) =>
    writeFileSync(join(folder, "nvidia-smi"), `#!/bin/sh\n${body}\n`, { mode: 0o755 });

  test("load and memory", async () => {
    smi(
      'case "$*" in *--query-gpu=index,uuid,*) echo "0, GPU-a, 5, 10, 100"; echo "1, GPU-b, [N/A], 20, 200" ;; *) exit 9 ;; esac',
    );
    expect(await first()).toEqual({
      type: "gpusSeen",
      gpus: [
        { uuid: "GPU-a", name: "GPU 0", loadPercent: 5, memoryUsedMiB: 10, memoryTotalMiB: 100 },
        {
          uuid: "GPU-b",
          name: "GPU 1",
          loadPercent: undefined,
          memoryUsedMiB: 20,
          memoryTotalMiB: 200,
        },
      ],
    });
  });

  test.each([
    ["amd", "no load figures for AMD"],
    ["intel", "no load figures for Intel"],
  ] as const)("it is not asked for GPUs of %s", async (vendor, reason) => {
    smi("echo 0, GPU-a, 5, 10, 100");
    expect(await first(vendor)).toEqual({ type: "gpusUntold", reason });
  });

  test.each([
    ["it is not there", "", "nvidia-smi is not installed"],
    [
      "the driver is not loaded",
      'echo "NVIDIA-SMI has failed because it could not communicate" >&2; exit 9',
      "NVIDIA-SMI has failed because it could not communicate",
    ],
    [
      "it says so on standard output",
      "echo Failed to initialize NVML; exit 18",
      "Failed to initialize NVML",
    ],
    ["it finds none", "echo No devices were found", "No devices were found"],
  ])("%s", async (_what, body, reason) => {
    if (body !== "") smi(body);
    expect(await first()).toEqual({ type: "gpusUnknown", reason });
  });
});
