import { describe, expect, test } from "vitest";
import {
  countCpus,
  cpuUsedPercent,
  parseCpuTimes,
  parseLoadAverages,
  parseMemory,
} from "../../plan/hostLoad";

const STAT = `cpu  100 20 30 800 50 1 2 3 40 5
cpu0 50 10 15 400 25 1 1 2 20 2
cpu1 50 10 15 400 25 0 1 1 20 3
intr 12345 0 0
ctxt 999
`;

describe("/proc/stat", () => {
  test("idle and waiting time is not busy, and a guest's time is not counted twice", () => {
    expect(parseCpuTimes(STAT)).toEqual({ busy: 156, total: 1006 });
  });

  test("its CPUs are counted", () => {
    expect(countCpus(STAT)).toBe(2);
    expect(countCpus("")).toBe(0);
  });

  test.each(["", "cpu", "cpu0 1 2 3 4 5", "cpu  1 2 x 4 5"])("%j is not understood", (text) => {
    expect(parseCpuTimes(text)).toBeUndefined();
  });
});

describe("use between two readings", () => {
  const at = (busy: number, total: number) => ({ busy, total });

  test.each([
    [at(100, 1000), at(150, 1200), 25],
    [at(100, 1000), at(101, 1300), 0.3],
    [at(100, 1000), at(100, 1200), 0],
    [at(100, 1000), at(300, 1200), 100],
    [undefined, at(300, 1200), null],
    [at(100, 1000), at(100, 1000), null],
    // Booted anew.
    [at(100, 1000), at(5, 50), null],
    [at(100, 1000), at(90, 1100), null],
  ])("from %j to %j: %j percent", (before, after, percent) => {
    expect(cpuUsedPercent(before, after)).toBe(percent);
  });
});

test("/proc/loadavg", () => {
  expect(parseLoadAverages("0.52 1.00 12.25 3/207 5927\n")).toEqual({
    one: 0.52,
    five: 1,
    fifteen: 12.25,
  });
  expect(parseLoadAverages("")).toBeUndefined();
});

describe("/proc/meminfo", () => {
  test("sizes become bytes", () => {
    const text =
      "MemTotal:       1000 kB\nMemFree:        1 kB\nMemAvailable:   400 kB\nSwapTotal:      50 kB\nSwapFree:       20 kB\n";
    expect(parseMemory(text)).toEqual({
      totalBytes: 1_024_000,
      availableBytes: 409_600,
      swapTotalBytes: 51_200,
      swapFreeBytes: 20_480,
    });
  });

  test("a kernel without swap", () => {
    expect(parseMemory("MemTotal: 2 kB\nMemAvailable: 1 kB\n")).toEqual({
      totalBytes: 2048,
      availableBytes: 1024,
      swapTotalBytes: 0,
      swapFreeBytes: 0,
    });
  });

  test("what is hidden is unknown", () => {
    expect(parseMemory("")).toBeUndefined();
  });
});
