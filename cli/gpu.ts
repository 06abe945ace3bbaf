import { randomBytes } from "node:crypto";
import { dockerCommand } from "../host/dockerCommand";
import {
  type GpuContainerVerdict,
  gpuContainerArguments,
  parseGpuContainer,
  parseNodeContainer,
} from "../host/gpuContainerProbe";
import type { HostAccess } from "../host/hostAccess";
import { gpuProbeCommand } from "../host/probe";
import { type GpuFacts, parseGpuFacts } from "../plan/gpuFacts";
import { askForNodes } from "../plan/gpuInside";
import { decideGpu } from "../plan/gpuPlan";
import { requestGpu } from "../plan/gpuRequest";
import type { GpuRequirement } from "../plan/gpuRequirement";
import type { HostConnection } from "../plan/settings";
import { execa } from "./execa";
import { runProbe } from "./runProbe";

/** A host as its stack declares it. */
export interface DeclaredHost {
  readonly access: HostAccess;
  /** undefined: this machine */
  readonly connection: HostConnection | undefined;
}

/**
 * Looks at a host's GPUs.
 * @throws StackError where a host over SSH cannot be reached
 */
export async function readGpuFacts(root: string, host: DeclaredHost): Promise<GpuFacts> {
  return parseGpuFacts(await runProbe(root, host.connection, gpuProbeCommand(root, host.access)));
}

/** A container that starts has seconds; a driver that hangs has no end. */
const CONTAINER_LIMIT_MS = 60_000;

/**
 * Looks for the GPUs in a throw-away container that asks for them as the stack's containers do.
 * @returns what it saw, or why it did not see what it asked for
 */
export async function readGpuInContainer(
  { access }: DeclaredHost,
  image: string,
  requirement: GpuRequirement,
  facts: GpuFacts,
): Promise<GpuContainerVerdict> {
  const { gpu, gpuDevices } = requirement;
  const name = `aistack-gpu-check-${randomBytes(3).toString("hex")}`;
  const run = (timeout: number, ...words: readonly string[]) => {
    const { file, args } = dockerCommand(access, ...words);
    return execa(file, args, { stdin: "ignore", reject: false, timeout });
  };
  const { names } = decideGpu(requirement, facts);
  const spec = { image, request: requestGpu(requirement, facts), name };
  const command = gpu === "nvidia" ? {} : { command: askForNodes(names) };
  const ran = await run(CONTAINER_LIMIT_MS, ...gpuContainerArguments({ ...spec, ...command }));
  if (ran.timedOut) await run(10_000, "rm", "--force", name);
  const { stdout, stderr } = ran;
  const output = { exitCode: ran.timedOut ? undefined : ran.exitCode, stdout, stderr };
  return gpu === "nvidia"
    ? parseGpuContainer(output, gpuDevices)
    : parseNodeContainer(gpu, names, output);
}
