import { gpuUsageOf, readAgentGpus } from "../../../plan/gpuUsage";
import { NVIDIA_SMI_LOAD_ARGUMENTS, parseNvidiaSmiLoad } from "../../../plan/nvidiaSmiLoad";
import { askAgent } from "../../agentSocket";
import { execa } from "../../execa";
import type { FeedContext } from "./context";
import { repeat } from "./repeat";

const PAUSE_MS = 3_000;

const VENDOR_NAMES: Readonly<Record<string, string>> = { amd: "AMD", intel: "Intel" };

/** A driver in trouble lets nvidia-smi hang. */
const LIMIT_MS = 5_000;

/**
 * Load and memory of the GPUs: what the agent of this machine has seen, else what nvidia-smi tells. Nothing is
 * asked where the stack uses none.
 */
export async function feedGpus(context: FeedContext): Promise<void> {
  if (context.gpu === "none") return;
  await repeat(PAUSE_MS, context.signal, async () => {
    const answer = context.ssh === undefined ? await askAgent() : undefined;
    const seen = answer?.state === "answers" ? readAgentGpus(answer.status) : undefined;
    if (seen === undefined) await askDriver(context);
    else if ("gpus" in seen) context.dispatch({ type: "gpusSeen", gpus: seen.gpus });
    else context.dispatch({ type: "gpusUnknown", reason: seen.reason });
  });
}

async function askDriver({ gpu, ssh, signal, dispatch }: FeedContext): Promise<void> {
  if (gpu !== "nvidia") {
    const reason = `no load figures for ${VENDOR_NAMES[gpu] ?? gpu}`;
    return dispatch({ type: "gpusUntold", reason });
  }
  const [command = "", ...args] = [
    ...(ssh === undefined ? [] : ["ssh", ...ssh]),
    "nvidia-smi",
    ...NVIDIA_SMI_LOAD_ARGUMENTS,
  ];
  const ran = await execa(command, args, {
    reject: false,
    timeout: LIMIT_MS,
    cancelSignal: signal,
  });
  const loads = ran.exitCode === 0 ? parseNvidiaSmiLoad(ran.stdout) : undefined;
  if (loads !== undefined) dispatch({ type: "gpusSeen", gpus: loads.map(gpuUsageOf) });
  else dispatch({ type: "gpusUnknown", reason: reasonOf(ran) });
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
