import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readCheckout, readLock, STACKS_FOLDER } from "../../host/checkout";
import { readDockerConfig } from "../../host/dockerConfig";
import { readComposeProject } from "../../plan/composeFile";
import { decodeStackFile } from "../../plan/configKeys";
import { ProblemList, StackError } from "../../plan/errors";
import { type ImageLock, LOCK_FILE } from "../../plan/imageLock";
import {
  collectImageReferences,
  collectPlanReferences,
  lockableReferences,
} from "../../plan/imageReferences";
import { readSettings, type Settings } from "../../plan/settings";
import { parseYaml } from "../../plan/yamlDocument";
import { planFromCheckout } from "../observe";
import { writeLock } from "./lockFile";
import { RegistryClient } from "./registry/client";
import { readCredentials } from "./registry/credentials";
import { resolveDigest } from "./registry/resolveDigest";
import { type LockResult, resolveLock } from "./resolveLock";

export interface LockOptions {
  /** undefined: every profile and every stack of the checkout */
  readonly stack?: string;
  /** as images name it */
  readonly architecture: string;
}

/** Asks registries for digests, signed in as the docker command is. */
export function registryResolver(architecture: string): (reference: string) => Promise<string> {
  const config = readDockerConfig();
  const client = new RegistryClient({ credentials: (host) => readCredentials(config, host) });
  return (reference) => resolveDigest(client, reference, architecture);
}

/**
 * Resolves the images of a stack, or all there are, and writes images.lock.yaml where that changes it.
 * @throws StackError where the configuration that names the images is wrong
 */
export async function lockImages(root: string, options: LockOptions): Promise<LockResult> {
  const { stack, architecture } = options;
  const before = readLock(root);
  const references = stack === undefined ? referencesOfAll(root) : referencesOf(root, stack);
  const result = await resolveLock({
    references: lockableReferences(references),
    before,
    complete: stack === undefined,
    resolve: registryResolver(architecture),
  });
  const { added, changed, removed } = result.changes;
  if (added.length + changed.length + removed.length > 0) await writeLock(root, result.lock);
  return result;
}

function referencesOf(root: string, stack: string): string[] {
  return collectPlanReferences(planFromCheckout(root, stack).services);
}

function referencesOfAll(root: string): string[] {
  const problems = new ProblemList();
  const stacks: Settings[] = [];
  for (const name of readdirSync(join(root, STACKS_FOLDER)).sort()) {
    if (!/^Pulumi\..+\.yaml$/.test(name)) continue;
    const document = parseYaml(
      `${STACKS_FOLDER}/${name}`,
      readFileSync(join(root, STACKS_FOLDER, name), "utf8"),
    );
    problems.addAll(document.problems);
    if (document.value === undefined) continue;
    collect(problems, () => stacks.push(readSettings(decodeStackFile(document.value), document)));
  }
  let references: string[] = [];
  collect(problems, () => {
    const { composeFiles } = readCheckout(root, "");
    references = collectImageReferences(readComposeProject(composeFiles), stacks);
  });
  problems.throwIfAny();
  return references;
}

function collect(problems: ProblemList, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    problems.addAll(error.problems);
  }
}

/** What a lock changed, as lines for people. */
export function describeLock(before: ImageLock, { lock, changes, problems }: LockResult): string {
  const lines = [
    ...changes.added.map((reference) => `added    ${reference} ${lock[reference]}`),
    ...changes.changed.map(
      (reference) => `changed  ${reference} ${before[reference]} -> ${lock[reference]}`,
    ),
    ...changes.removed.map((reference) => `removed  ${reference} ${before[reference]}`),
  ];
  const same = Object.keys(lock).length - changes.added.length - changes.changed.length;
  const kept = problems.length === 0 ? "" : ", some of them not looked up";
  return [...lines, `${LOCK_FILE}: ${same} unchanged${kept}`, ""].join("\n");
}
