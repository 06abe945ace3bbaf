import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quoteForShell } from "../plan/hostScript";

/**
 * The GPU probe as one text for `sh -s`, on this machine or over SSH: it needs no file on the host.
 * It changes nothing, ends within 20 seconds whatever the driver does, and exits with 0 where it could look.
 * `plan/gpuFacts.ts` reads what it prints.
 * @param root the checkout
 */
export function gpuProbeScript(root: string): string {
  return `${embeddedNvmlProbe(root)}\n${readAsset(root, "probe.sh")}`;
}

/**
 * What the GPUs are doing at the moment, for `parseGpuLoad`: NVML alone, as one text for `sh -s`. It is asked often, so
 * this starts Python and nothing else. It has no limit of its own: whoever runs it ends it, and has not to wait for a
 * driver that hangs, since what hangs holds nothing of the shell's.
 */
export function gpuLoadScript(root: string): string {
  const script = quoteForShell(readAsset(root, "nvml_probe.py"));
  return `command -v python3 >/dev/null || { printf 'nvml-code\\tno-python\\n'; exit; }
answer=$(python3 -I -S -c ${script} --load </dev/null 2>/dev/null)
printf 'nvml\\t%s\\nnvml-code\\t%s\\n' "$answer" "$?"
`;
}

/** A shell function that prints the NVML probe, so that one text carries both. */
function embeddedNvmlProbe(root: string): string {
  return `nvml_probe() {\ncat <<'END_OF_NVML_PROBE'\n${readAsset(root, "nvml_probe.py")}END_OF_NVML_PROBE\n}`;
}

function readAsset(root: string, name: string): string {
  return readFileSync(join(root, "assets", "gpu", name), "utf8");
}
