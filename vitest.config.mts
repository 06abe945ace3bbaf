import { defineConfig } from "vitest/config";

/** One project a layer, so that `vitest run --project unit` runs a layer alone. */
const layer = (name: string, options: Record<string, unknown> = {}) => ({
  test: { name, include: [`tests/${name}/**/*.test.ts`], pool: "forks" as const, ...options },
});

export default defineConfig({
  test: {
    projects: [
      // Some start real processes, and a busy machine takes its time.
      layer("unit", { testTimeout: 30_000 }),
      layer("graph"),
      layer("golden", { testTimeout: 120_000, hookTimeout: 300_000 }),
      layer("contract", { testTimeout: 120_000, hookTimeout: 300_000 }),
      // One real engine and one real Docker: files that share them run one after the other.
      layer("e2e", { testTimeout: 600_000, hookTimeout: 900_000, fileParallelism: false }),
    ],
  },
});
