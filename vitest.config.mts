import { defineConfig } from "vitest/config";

/**
 * Test files at once. More than two processors' worth: most of a test's time is waiting, for a container, a gate, a
 * time limit. Names, ports and folders are each file's own, so that they share an engine and a Docker.
 */
const AT_ONCE = 4;

/** One project a layer, so that `vitest run --project unit` runs a layer alone. */
const layer = (name: string, options: Record<string, unknown> = {}) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    pool: "forks" as const,
    maxWorkers: AT_ONCE,
    ...options,
  },
});

export default defineConfig({
  test: {
    projects: [
      // Some start real processes, and a busy machine takes its time.
      layer("unit", { testTimeout: 30_000 }),
      layer("graph"),
      layer("golden", { testTimeout: 120_000, hookTimeout: 300_000 }),
      // Watchdogs, time limits and heartbeats: with four at once, the processors had nothing to do for six tenths of its time.
      layer("contract", { testTimeout: 120_000, hookTimeout: 300_000, maxWorkers: 6 }),
      layer("e2e", { testTimeout: 600_000, hookTimeout: 900_000 }),
    ],
  },
});
