import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A python3 that answers in place of the NVML probe. @param script lines of sh */
export function fakePython(folder: string, script: string): void {
  const path = join(folder, "python3");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** What the probe says of a host with one GPU. */
export function loadAnswer(utilizationPercent: number): unknown {
  return {
    init: { code: 0, value: null },
    count: { code: 0, value: 1 },
    gpus: [
      {
        index: 0,
        handle: { code: 0, value: null },
        uuid: { code: 0, value: "GPU-8f0a" },
        utilization: { code: 0, value: utilizationPercent },
      },
    ],
  };
}
