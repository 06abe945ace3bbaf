import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The GPU probe as one text for `sh -s`, on this machine or over SSH: it needs no file on the host.
 * It changes nothing, ends within 20 seconds whatever the driver does, and exits with 0 where it could look.
 * `plan/gpuFacts.ts` reads what it prints.
 * @param root the checkout
 */
export function gpuProbeScript(root: string): string {
  return `${embeddedNvmlProbe(root)}\n${readAsset(root, "probe.sh")}`;
}

/** The same for what the GPUs are doing at the moment: NVML alone, for `parseGpuLoad`. Ends within 6 seconds. */
export function gpuLoadScript(root: string): string {
  return `AISTACK_GPU_LOAD=1\n${gpuProbeScript(root)}`;
}

/** A shell function that prints the NVML probe, so that one text carries both. */
function embeddedNvmlProbe(root: string): string {
  return `nvml_probe() {\ncat <<'END_OF_NVML_PROBE'\n${readAsset(root, "nvml_probe.py")}END_OF_NVML_PROBE\n}`;
}

function readAsset(root: string, name: string): string {
  return readFileSync(join(root, "assets", "gpu", name), "utf8");
}
