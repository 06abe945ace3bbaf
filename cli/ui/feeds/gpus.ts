import { execa } from "execa";
import { GPU_USAGE_ARGUMENTS, parseGpuUsage } from "../../../plan/gpuUsage";
import type { FeedContext } from "./context";
import { repeat } from "./repeat";

const PAUSE_MS = 3_000;

/** A driver in trouble lets nvidia-smi hang. */
const LIMIT_MS = 5_000;

/** Load and memory of the GPUs; nothing is asked where the stack uses none. */
export async function feedGpus({ hasGpu, ssh, signal, dispatch }: FeedContext): Promise<void> {
  if (!hasGpu) return;
  await repeat(PAUSE_MS, signal, async () => {
    const [command = "", ...args] = [
      ...(ssh === undefined ? [] : ["ssh", ...ssh]),
      "nvidia-smi",
      ...GPU_USAGE_ARGUMENTS,
    ];
    const ran = await execa(command, args, {
      reject: false,
      timeout: LIMIT_MS,
      cancelSignal: signal,
    });
    if (ran.exitCode === 0) dispatch({ type: "gpusSeen", gpus: parseGpuUsage(ran.stdout) });
    else dispatch({ type: "gpusUnknown", reason: reasonOf(ran) });
  });
}

function reasonOf(ran: {
  code?: string | undefined;
  timedOut: boolean;
  stderr: string;
  stdout: string;
}) {
  if (ran.code === "ENOENT") return "nvidia-smi is not installed";
  if (ran.timedOut) return "nvidia-smi does not answer";
  return (ran.stderr || ran.stdout).split("\n", 1)[0] ?? "";
}
