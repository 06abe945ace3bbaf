import { readLock } from "../../host/checkout";
import { OperationError, type Problem } from "../../plan/errors";
import type { HostFacts } from "../../plan/hostFacts";
import { LOCK_FILE } from "../../plan/imageLock";
import { parseImageReference } from "../../plan/imageReference";
import { chooseImage, type ImagePlan } from "../../plan/images";
import type { StackPlan } from "../../plan/plan";
import { architectureOf } from "./architecture";
import { writeLock } from "./lockFile";
import { registryResolver } from "./lockImages";
import { RegistryFault } from "./registry/fault";
import { isDigest } from "./registry/manifest";

/**
 * Writes the digests of images that have none yet into images.lock.yaml: before the first pull, so that the first
 * container already runs from a digest and nothing changes after it. What the engine has pulled before by its tag alone
 * is bound to what it has; a registry is asked only for what is about to be pulled.
 * @param note told what was written, and what could not be
 * @returns the references that got a digest
 * @throws OperationError where a registry gives what must not be run
 */
export async function lockBeforePull(
  root: string,
  plan: StackPlan,
  facts: HostFacts,
  note: (line: string) => void,
): Promise<readonly string[]> {
  const unlocked = plan.services
    .map(({ image }) => image)
    .filter((image) => isPulled(image, facts) && image.digest === undefined);
  if (unlocked.length === 0) return [];
  const resolve = registryResolver(architectureOf(facts));
  const problems: Problem[] = [];
  const found: Record<string, string> = {};
  await Promise.all(
    unlocked.map(async ({ reference, registryName }) => {
      try {
        const digest = facts.images.has(registryName)
          ? knownDigest(reference, facts)
          : await resolve(reference);
        if (digest !== undefined) found[reference] = digest;
      } catch (error) {
        if (!(error instanceof RegistryFault)) throw error;
        if (error.kind === "invalid") problems.push(error.toProblem(reference));
        else note(`${reference} gets no digest in ${LOCK_FILE}: ${error.message}`);
      }
    }),
  );
  if (problems.length > 0) throw new OperationError(problems);
  const references = Object.keys(found).sort();
  if (references.length === 0) return [];
  await writeLock(root, { ...readLock(root), ...found });
  for (const reference of references)
    note(`${LOCK_FILE} binds ${reference} to ${found[reference]}`);
  return references;
}

function isPulled(image: ImagePlan, facts: HostFacts): boolean {
  const { built, name } = chooseImage(image, facts.images);
  return !built && image.source !== "archive" && name === image.registryName;
}

/**
 * The digest under which the engine pulled what it has; undefined where it was not pulled, as after a `docker load`, or
 * where it knows several.
 */
function knownDigest(reference: string, facts: HostFacts): string | undefined {
  const repository = parseImageReference(reference)?.repository;
  const digests = (facts.imageDigests.get(reference) ?? [])
    .map((name) => name.split("@"))
    .filter(([name]) => name === repository)
    .map(([, digest]) => digest);
  return digests.length === 1 && isDigest(digests[0]) ? digests[0] : undefined;
}
