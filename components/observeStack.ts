import * as pulumi from "@pulumi/pulumi";
import { ensureCurrentAgent } from "../cli/currentAgent";
import { readCheckout, requireStackFile } from "../host/checkout";
import { signedInRegistries } from "../host/dockerConfig";
import { gpuProbeScript } from "../host/gpuProbe";
import { accessHost } from "../host/hostAccess";
import { removeLeftovers } from "../host/leftovers";
import { observeLocalai } from "../host/localaiObservation";
import { gatherModelFacts, modelRecordFolder } from "../host/modelFacts";
import { observeHostLayer } from "../host/observeHostLayer";
import { gpuProbeCommand, type ProbeCommand, probeCommand } from "../host/probe";
import { ensureSecrets } from "../host/secretStore";
import { readOwnership, readStackRecord } from "../host/stackRecord";
import { decodePulumiConfig, isUnconfigured } from "../plan/configKeys";
import { describeDrift, describeReplacements } from "../plan/differences";
import { describeEmbeddings } from "../plan/embeddings";
import { StackError } from "../plan/errors";
import { parseGpuFacts } from "../plan/gpuFacts";
import { applyGpu, describeGpu } from "../plan/gpuPlan";
import { describeHiddenChanges } from "../plan/hiddenChanges";
import { parseHostFacts } from "../plan/hostFacts";
import { describeLostSecrets, lostSecrets, seededAdmin } from "../plan/lostSecrets";
import { describeLeftovers, objectsOf, withoutObjects } from "../plan/ownership";
import { planCheckout } from "../plan/planCheckout";
import { checkHost, warnOfHost } from "../plan/preflight";
import { resolveStack } from "../plan/resolve";
import type { AiStackArgs } from "./aiStack";
import { look } from "./look";

/**
 * Reads the configuration, then the host in one read-only probe, so that all that follows is
 * decided from plain facts.
 * @throws StackError with every problem of the configuration, or every problem of the host
 */
export async function observeStack(): Promise<AiStackArgs> {
  const root = process.cwd();
  const stack = pulumi.getStack();
  const config = decodePulumiConfig(pulumi.runtime.allConfig());
  // A stack whose file is gone would look like one of profile minimal on this machine.
  if (isUnconfigured(config)) requireStackFile(root, stack);
  const planned = planCheckout(readCheckout(root, stack), config);

  const access = accessHost(root, stack, planned.host);
  const ask = (probe: ProbeCommand) => look(planned.host, probe);
  const now = new Date();
  const looking = ask(probeCommand(root, planned, access)).then(parseHostFacts);
  const makeAgent = () => ensureCurrentAgent(root);
  const [seen, gpuProbed, host] = await Promise.all([
    looking,
    planned.gpu === undefined ? undefined : ask(gpuProbeCommand(root, access)),
    observeHostLayer(root, { stack, plan: planned, access, facts: looking, makeAgent, now }, ask),
  ]);
  const gpuFacts = gpuProbed === undefined ? undefined : parseGpuFacts(gpuProbed);
  const plan = applyGpu(planned, gpuFacts, seen.images);
  const models = await gatherModelFacts(root, stack, plan, seen);
  const record = readStackRecord(root, stack);
  const ownership = readOwnership(root, { plan, facts: seen, record });
  const problems = [
    ...models.problems,
    ...checkHost(plan, seen, models.newFiles, ownership),
    ...host.problems,
  ];
  if (problems.length > 0) throw new StackError(problems);

  const leftovers = objectsOf("leftover", plan, seen, record);
  const facts = withoutObjects(seen, leftovers);
  // Here and not in a hook before the creation: engines built from source have a language host without hooks.
  if (!pulumi.runtime.isDryRun()) await removeLeftovers(root, access, plan, leftovers);
  // A preview writes nothing: what it generates is of the right form and thrown away.
  const keep = !pulumi.runtime.isDryRun();
  const kept = ensureSecrets(root, stack, plan.secrets, keep, seededAdmin(plan, facts));
  const { values: secrets, generated, admin } = kept;
  const resolved = resolveStack({
    // The gates sign in as the account that was made, whatever the configuration names by now.
    plan: { ...plan, admin: { ...plan.admin, ...admin } },
    facts,
    fileHashes: models.fileHashes,
    records: models.records,
    recordFolder: modelRecordFolder(stack),
    ...(await observeLocalai(root, stack, plan, access, secrets)),
    secrets,
    now,
    record,
  });
  // What drifted is named in a plain preview, not only in the details of a diff.
  const warnings = [
    ...warnOfHost(plan, facts),
    ...describeGpu(plan, facts.images),
    ...describeLeftovers(leftovers),
    ...describeLostSecrets(lostSecrets(plan, facts, generated)),
    ...describeDrift(resolved),
    ...host.warnings,
  ];
  for (const line of warnings) await pulumi.log.warn(line);
  const notes = [
    ...describeEmbeddings(plan, facts),
    ...describeHiddenChanges(resolved, facts, secrets),
    ...describeReplacements(resolved),
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
