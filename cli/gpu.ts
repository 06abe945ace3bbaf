import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { allGpuArguments, gpuContainerCommand, parseGpuContainer } from "../host/gpuContainerProbe";
import { gpuProbeScript } from "../host/gpuProbe";
import { type HostAccess, onHost } from "../host/hostAccess";
import { type Problem, StackError } from "../plan/errors";
import { type GpuFacts, parseGpuFacts } from "../plan/gpuFacts";
import { quoteForShell } from "../plan/hostScript";
import type { HostConnection } from "../plan/settings";
import { explainSshFailure } from "../plan/sshFailure";

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
  const ran = await execa(onHost(host.access, "sh -s"), {
    shell: true,
    input: gpuProbeScript(root),
    reject: false,
  });
  if (ran.exitCode === 0) return parseGpuFacts(ran.stdout);
  const problem = host.connection && explainSshFailure(host.connection, ran.stderr);
  throw problem === undefined ? ran : new StackError([problem]);
}

/** A container that starts has seconds; a driver that hangs has no end. */
const CONTAINER_LIMIT_MS = 60_000;

/**
 * Reads NVML in a throw-away container.
 * @param cdi by CDI rather than by NVIDIA's runtime
 * @returns the UUIDs that it saw, or why it saw none
 */
export async function readGpuInContainer(
  { access }: DeclaredHost,
  image: string,
  cdi: boolean,
): Promise<{ readonly uuids: readonly string[] } | { readonly problem: Problem }> {
  const name = `aistack-gpu-check-${randomBytes(3).toString("hex")}`;
  const run = (command: readonly string[], timeout: number) =>
    execa(onHost(access, command.map(quoteForShell).join(" ")), {
      shell: true,
      stdin: "ignore",
      reject: false,
      timeout,
    });
  const spec = { image, gpuArguments: allGpuArguments(cdi), name };
  const ran = await run(gpuContainerCommand(spec), CONTAINER_LIMIT_MS);
  if (ran.timedOut) await run(["docker", "rm", "--force", name], 10_000);
  const { exitCode, stdout, stderr } = ran;
  return parseGpuContainer({ exitCode: ran.timedOut ? undefined : exitCode, stdout, stderr });
}
