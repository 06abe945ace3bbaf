import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readAmdGpus } from "../../host/amdGpus";
import { runBounded } from "../../host/boundedCommand";
import { GpuLoadReader } from "../../host/gpuLoad";
import { CpuReader, DiskReader, readMemory } from "../../host/hostLoad";
import { readConnections, readLoginSessions } from "../../host/hostUse";
import { OneAtATime } from "../../host/oneAtATime";
import { SmallServer } from "../support/agent/smallServer";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-readers-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("one at a time", () => {
  test("what ends in time", async () => {
    const looks = new OneAtATime();
    expect(await looks.attempt(async () => 7, 1000)).toEqual({ outcome: "done", value: 7 });
    const error = new Error("no");
    expect(await looks.attempt(() => Promise.reject(error), 1000)).toEqual({
      outcome: "failed",
      error,
    });
  });

  test("while one hangs no other is started, and afterwards they are again", async () => {
    const looks = new OneAtATime();
    let finish = (_: number) => {};
    const hanging = new Promise<number>((resolve) => {
      finish = resolve;
    });
    expect(await looks.attempt(() => hanging, 10)).toEqual({ outcome: "hangs" });
    const other = vi.fn(async () => 1);
    expect(await looks.attempt(other, 1000)).toEqual({ outcome: "hangs" });
    expect(other).not.toHaveBeenCalled();
    finish(7);
    await sleep(0);
    expect(await looks.attempt(other, 1000)).toEqual({ outcome: "done", value: 1 });
  });
});

describe("a bounded command", () => {
  test("brings exit code and output", async () => {
    expect(
      await runBounded("sh", ["-c", "cat; echo bad >&2; exit 3"], { input: "in", limitMs: 5000 }),
    ).toEqual({ code: 3, stdout: "in", stderr: "bad\n", timedOut: false });
  });

  test("is ended at its limit together with its children", async () => {
    const pidFile = join(folder, "pid");
    const outcome = await runBounded("sh", ["-c", `sleep 60 & echo $! > ${pidFile}; wait`], {
      limitMs: 300,
    });
    expect(outcome).toMatchObject({ code: null, timedOut: true });
    const pid = Number(readFileSync(pidFile, "utf8"));
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  });

  test("is ended when the caller gives up", async () => {
    const giveUp = new AbortController();
    const running = runBounded("sleep", ["60"], { limitMs: 60_000, signal: giveUp.signal });
    giveUp.abort();
    expect(await running).toMatchObject({ code: null, timedOut: false });
  });

  test("that does not exist is an error of the system", async () => {
    await expect(runBounded("/no/such", [], { limitMs: 1000 })).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});

describe("NVIDIA's GPUs", () => {
  const answer = {
    init: { code: 0, value: null },
    count: { code: 0, value: 1 },
    gpus: [
      {
        index: 0,
        handle: { code: 0, value: null },
        uuid: { code: 0, value: "GPU-8f0a" },
        utilization: { code: 0, value: 37 },
        memory: { code: 0, value: { total: 24_576 * 1024 ** 2, used: 2048 * 1024 ** 2 } },
        processes: { code: 0, value: [] },
      },
    ],
  };
  const gpu = {
    index: 0,
    uuid: "GPU-8f0a",
    utilizationPercent: 37,
    memoryUsedMib: 2048,
    memoryTotalMib: 24_576,
  };
  const says = (...lines: string[]) => `cat <<'END'\n${lines.join("\n")}\nEND\n`;
  const noPython = says("nvml-code\tno-python");
  const read = (probe: string) => new GpuLoadReader(() => probe).read("nvidia");

  function withNvidiaSmi(script: string): void {
    writeFileSync(join(folder, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "nvidia-smi"), 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  }

  test("are read by the probe", async () => {
    expect(await read(says(`nvml\t${JSON.stringify(answer)}`, "nvml-code\t0"))).toEqual({
      vendor: "nvidia",
      source: "nvml",
      error: null,
      gpus: [{ ...gpu, processes: [] }],
    });
  });

  test("are read by nvidia-smi where NVML cannot be read directly", async () => {
    withNvidiaSmi("echo 0, GPU-8f0a, 37, 2048, 24576");
    expect(await read(noPython)).toEqual({
      vendor: "nvidia",
      source: "nvidia-smi",
      error: null,
      gpus: [{ ...gpu, processes: null }],
    });
  });

  test("what nvidia-smi says in place of an answer is told", async () => {
    withNvidiaSmi("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18");
    expect(await read(noPython)).toMatchObject({
      source: "none",
      error:
        "NVML cannot be read, and nvidia-smi says: Failed to initialize NVML: Driver/library version mismatch",
      gpus: [],
    });
  });

  test("without nvidia-smi either", async () => {
    vi.stubEnv("PATH", "/nowhere");
    symlinkSync("/bin/sh", join(folder, "sh"));
    symlinkSync("/bin/cat", join(folder, "cat"));
    vi.stubEnv("PATH", folder);
    expect(await read(noPython)).toMatchObject({
      error: "NVML cannot be read, and nvidia-smi cannot be run (ENOENT)",
    });
  });

  test("a driver that hangs is told, and left alone for ten minutes", async () => {
    const asked = join(folder, "asked");
    withNvidiaSmi(`echo smi >> ${asked}`);
    let now = 0;
    const probe = `echo probe >> ${asked}; sleep 60`;
    const reader = new GpuLoadReader(
      () => probe,
      () => now,
      1000,
    );
    const hung = {
      vendor: "nvidia",
      source: "none",
      error: "the driver does not answer",
      gpus: [],
    };
    expect(await reader.read("nvidia")).toEqual(hung);
    now = 599_999;
    expect(await reader.read("nvidia")).toEqual(hung);
    expect(readFileSync(asked, "utf8")).toBe("probe\n");
    now = 600_000;
    expect(await reader.read("nvidia")).toEqual(hung);
    expect(readFileSync(asked, "utf8")).toBe("probe\nprobe\n");
  });
});

test("a host without GPUs, or with Intel's, is not asked; of Intel's nothing is known", async () => {
  const reader = new GpuLoadReader(() => "exit 1");
  const nothing = { source: "none", gpus: [] };
  expect(await reader.read("none")).toEqual({ vendor: "none", error: null, ...nothing });
  expect(await reader.read("intel")).toEqual({
    vendor: "intel",
    error: "Intel's driver tells their use to root alone",
    ...nothing,
  });
});

describe("AMD's GPUs", () => {
  function card(name: string, vendor: string, files: Readonly<Record<string, string>> = {}): void {
    const device = join(folder, "devices", name);
    mkdirSync(device, { recursive: true });
    mkdirSync(join(folder, "drm", name), { recursive: true });
    symlinkSync(device, join(folder, "drm", name, "device"));
    for (const [file, text] of Object.entries({ vendor, ...files }))
      writeFileSync(join(device, file), `${text}\n`);
  }

  test("are read from sysfs, in their order, without cards of others", () => {
    card("card10", "0x1002");
    card("card2", "0x1002", {
      gpu_busy_percent: "12",
      mem_info_vram_used: "1610612736",
      mem_info_vram_total: "17163091968",
    });
    card("card0", "0x8086");
    mkdirSync(join(folder, "drm", "card2-DP-1"));
    expect(readAmdGpus(join(folder, "drm"))).toEqual({
      vendor: "amd",
      source: "sysfs",
      error: null,
      gpus: [
        {
          index: 0,
          uuid: "card2",
          utilizationPercent: 12,
          memoryUsedMib: 1536,
          memoryTotalMib: 16_368,
          processes: null,
        },
        {
          index: 1,
          uuid: "card10",
          utilizationPercent: null,
          memoryUsedMib: null,
          memoryTotalMib: null,
          processes: null,
        },
      ],
    });
  });

  test("a host that has none says so", () => {
    expect(readAmdGpus(join(folder, "absent"))).toEqual({
      vendor: "amd",
      source: "none",
      error: "no AMD GPU is listed in sysfs",
      gpus: [],
    });
  });
});

describe("load of this host", () => {
  test("CPU use is known from the second reading on", () => {
    const reader = new CpuReader();
    expect(reader.read()).toMatchObject({ usedPercent: null, count: expect.any(Number) });
    const until = performance.now() + 50;
    while (performance.now() < until);
    const { usedPercent } = reader.read() ?? {};
    expect(usedPercent).toBeGreaterThan(0);
    expect(usedPercent).toBeLessThanOrEqual(100);
  });

  test("memory", () => {
    const { totalBytes = 0, availableBytes = 0 } = readMemory() ?? {};
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(totalBytes);
  });

  test("a disk, and a folder that is not there", async () => {
    const disk = new DiskReader();
    const { totalBytes, freeBytes, error } = await disk.read(folder);
    expect(error).toBeNull();
    expect(freeBytes).toBeLessThanOrEqual(totalBytes ?? 0);
    expect(await disk.read(join(folder, "absent"))).toEqual({
      path: join(folder, "absent"),
      totalBytes: null,
      freeBytes: null,
      error: "ENOENT",
    });
    expect(disk.hangs).toBe(false);
  });
});

describe("who uses this host", () => {
  test("sessions of people; logind's pipes and jobs are none", () => {
    writeFileSync(join(folder, "3"), "USER=alice\nCLASS=user\nTYPE=tty\nSTATE=active\n");
    writeFileSync(join(folder, "c1"), "USER=gdm\nCLASS=greeter\nTYPE=x11\nSTATE=online\n");
    writeFileSync(join(folder, "3.ref"), "");
    expect(readLoginSessions(folder)).toEqual([{ user: "alice", type: "tty", from: null }]);
  });

  test("a host without logind has no sessions", () => {
    expect(readLoginSessions(join(folder, "absent"))).toEqual([]);
  });

  test("connections to services that infer, and only those", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const server = await SmallServer.start((_, response) => {
      void held.then(() => response.end());
    });
    const { url } = server;
    const asked = fetch(url);
    const services = (kind: "inference" | "interface") =>
      readConnections([{ name: "ollama", url: `${url}/api/version`, kind }]).services;
    await vi.waitFor(() =>
      expect(services("inference")).toEqual([
        { service: "ollama", peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
      ]),
    );
    expect(services("interface")).toEqual([]);
    release();
    await (await asked).text();
    server.close();
  });
});

/** A process that has ended may stay listed until its parent asks for its exit code. */
function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) Z /.test(readFileSync(file, "utf8"));
}
