import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { ensureCurrentAgent } from "../cli/currentAgent";
import { readCheckout } from "../host/checkout";
import { signedInRegistries } from "../host/dockerConfig";
import { gpuProbeScript } from "../host/gpuProbe";
import { accessHost } from "../host/hostAccess";
import { observeLocalai } from "../host/localaiObservation";
import { gatherModelFacts, modelRecordFolder } from "../host/modelFacts";
import { observeHostLayer } from "../host/observeHostLayer";
import { gpuProbeCommand, type ProbeCommand, probeCommand } from "../host/probe";
import { ensureSecrets } from "../host/secretStore";
import { decodePulumiConfig } from "../plan/configKeys";
import { describeEmbeddings } from "../plan/embeddings";
import { StackError } from "../plan/errors";
import { parseGpuFacts } from "../plan/gpuFacts";
import { applyGpu, describeGpu } from "../plan/gpuPlan";
import { describeHiddenChanges } from "../plan/hiddenChanges";
import { parseHostFacts } from "../plan/hostFacts";
import { planCheckout } from "../plan/planCheckout";
import { checkHost, warnOfHost } from "../plan/preflight";
import { describeDrift, resolveStack } from "../plan/resolve";
import type { HostConnection } from "../plan/settings";
import { explainSshFailure } from "../plan/sshFailure";
import type { AiStackArgs } from "./aiStack";

/**
 * Reads the configuration, then the host in one read-only probe, so that all that follows is
 * decided from plain facts.
 * @throws StackError with every problem of the configuration, or every problem of the host
 */
export async function observeStack(): Promise<AiStackArgs> {
  const root = process.cwd();
  const stack = pulumi.getStack();
  const checkout = readCheckout(root, stack);
  const planned = planCheckout(checkout, decodePulumiConfig(pulumi.runtime.allConfig()));

  const access = accessHost(root, stack, planned.host);
  const ask = (probe: ProbeCommand) => look(planned.host, probe);
  const [probed, gpuProbed] = await Promise.all([
    ask(probeCommand(root, planned, access)),
    planned.gpu === undefined ? undefined : ask(gpuProbeCommand(root, access)),
  ]);
  const facts = parseHostFacts(probed);
  const gpuFacts = gpuProbed === undefined ? undefined : parseGpuFacts(gpuProbed);
  const plan = applyGpu(planned, gpuFacts, facts.images);
  const models = await gatherModelFacts(root, stack, plan, facts);
  const now = new Date();
  const makeAgent = () => ensureCurrentAgent(root);
  const host = await observeHostLayer(root, { stack, plan, access, facts, makeAgent, now }, ask);
  const problems = [
    ...models.problems,
    ...checkHost(plan, facts, models.newFiles),
    ...host.problems,
  ];
  if (problems.length > 0) throw new StackError(problems);

  // A preview writes nothing: what it generates is of the right form and thrown away.
  const { values: secrets } = ensureSecrets(root, stack, plan.secrets, !pulumi.runtime.isDryRun());
  const resolved = resolveStack({
    plan,
    facts,
    fileHashes: models.fileHashes,
    records: models.records,
    recordFolder: modelRecordFolder(stack),
    ...(await observeLocalai(root, stack, plan, access, secrets)),
    secrets,
    now,
  });
  // What drifted is named in a plain preview, not only in the details of a diff.
  const warnings = [
    ...warnOfHost(plan, facts),
    ...describeGpu(plan, facts.images),
    ...describeDrift(resolved),
    ...host.warnings,
  ];
  for (const line of warnings) await pulumi.log.warn(line);
  const notes = [
    ...describeEmbeddings(plan, facts),
    ...describeHiddenChanges(resolved, facts, secrets),
  ];
  for (const line of notes) await pulumi.log.info(line);
  const pulled = resolved.services.filter(({ image }) => !image.built);
  const registries = signedInRegistries(pulled.map(({ image }) => image.name));
  return {
    resolved,
    access,
    secrets,
    gpuProbe: gpuProbeScript(root),
    registries,
    hostLayer: host.layer,
    hostBaseline: host.baseline,
  };
}

/** @throws StackError where a host over SSH cannot be looked at; anything else that fails is a bug */
async function look(host: HostConnection | undefined, probe: ProbeCommand): Promise<string> {
  try {
    const { stdout } = await command.local.run({ ...probe, logging: command.local.Logging.None });
    return stdout;
  } catch (error) {
    const problem = host && explainSshFailure(host, String((error as Error).message));
    throw problem === undefined ? error : new StackError([problem]);
  }
}
