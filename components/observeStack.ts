import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readCheckout } from "../host/checkout";
import { gatherModelFacts, modelRecordFolder } from "../host/modelFacts";
import { dockerHost, PROBE_COMMAND, probeEnvironment } from "../host/probe";
import { ensureSecrets } from "../host/secretStore";
import { decodePulumiConfig } from "../plan/configKeys";
import { StackError } from "../plan/errors";
import { parseHostFacts } from "../plan/hostFacts";
import { planCheckout } from "../plan/planCheckout";
import { checkHost } from "../plan/preflight";
import { describeDrift, resolveStack } from "../plan/resolve";
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
  const plan = planCheckout(checkout, decodePulumiConfig(pulumi.runtime.allConfig()));

  const engine = dockerHost();
  const probe = await command.local.run({
    command: PROBE_COMMAND,
    environment: probeEnvironment(plan, engine),
    logging: command.local.Logging.None,
  });
  const facts = parseHostFacts(probe.stdout);
  const models = await gatherModelFacts(root, stack, plan, facts);
  const problems = [...models.problems, ...checkHost(plan, facts, models.newFiles)];
  if (problems.length > 0) throw new StackError(problems);

  // A preview writes nothing: what it generates is of the right form and thrown away.
  const { values: secrets } = ensureSecrets(root, stack, plan.secrets, !pulumi.runtime.isDryRun());
  const resolved = resolveStack({
    plan,
    facts,
    fileHashes: models.fileHashes,
    records: models.records,
    recordFolder: modelRecordFolder(stack),
    secrets,
    now: new Date(),
  });
  // What drifted is named in a plain preview, not only in the details of a diff.
  for (const line of describeDrift(resolved)) await pulumi.log.warn(line);
  return { resolved, dockerHost: engine, secrets };
}
