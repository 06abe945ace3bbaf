import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkGguf, type GgufExpectation } from "../cli/models/ggufFile";
import { fileSha256 } from "../cli/models/hashCache";
import type { Problem } from "../plan/errors";
import type { HostFacts } from "../plan/hostFacts";
import type { ModelSpec } from "../plan/models";
import type { StackPlan } from "../plan/plan";
import type { ModelFileFacts } from "../plan/preflight";
import { type ModelRecord, modelRecordName } from "../plan/resolve";
import { isRecord } from "../plan/yamlDocument";

/** What is known of the declared models before any of them is touched. */
export interface ModelFacts {
  readonly problems: readonly Problem[];
  /** SHA-256 by path as declared */
  readonly fileHashes: Readonly<Record<string, string>>;
  readonly records: Readonly<Record<string, ModelRecord>>;
  /** files of models that the host does not have */
  readonly newFiles: readonly ModelFileFacts[];
}

/** Where a stack remembers its models' digests, relative to the checkout. */
export function modelRecordFolder(stack: string): string {
  return `.state/models/${stack}`;
}

/**
 * Looks at every declared model's file and at what is remembered of it. A file is hashed only when
 * nothing else is wrong with any of them, and only once as long as it does not change.
 */
export async function gatherModelFacts(
  root: string,
  stack: string,
  plan: StackPlan,
  facts: HostFacts,
): Promise<ModelFacts> {
  const files = plan.models.flatMap((model) =>
    model.source.kind === "file" ? [{ model, ...model.source }] : [],
  );
  const problems = (
    await Promise.all(files.map(({ model, path }) => fileProblem(root, model, path)))
  ).filter((problem) => problem !== undefined);
  const newFiles = files
    .filter(
      ({ model, path }) =>
        facts.models?.[model.name] === undefined && existsSync(resolve(root, path)),
    )
    .map(({ path }) => ({ path, bytes: statSync(resolve(root, path)).size }));
  const fileHashes: Record<string, string> = {};
  // Hashing reads whole files, so it waits until everything that is cheap to check is right.
  const fits =
    newFiles.reduce((sum, file) => sum + file.bytes, 0) <
    (facts.freeBytes ?? Number.POSITIVE_INFINITY);
  if (problems.length === 0 && fits) {
    const cacheFolder = join(root, ".state");
    for (const { model, path, sha256 } of files) {
      fileHashes[path] = await fileSha256(resolve(root, path), cacheFolder);
      if (sha256 === undefined) continue;
      const problem = await fileProblem(root, model, path, { sha256, cacheFolder });
      if (problem !== undefined) problems.push(problem);
    }
  }
  return { problems, fileHashes, records: readRecords(root, stack, plan.models), newFiles };
}

async function fileProblem(
  root: string,
  model: ModelSpec,
  path: string,
  expected?: GgufExpectation,
): Promise<Problem | undefined> {
  const fault = await checkGguf(resolve(root, path), expected);
  return fault === undefined
    ? undefined
    : { what: fault.message, where: `aistack:models: ${model.name}: ${path}` };
}

function readRecords(
  root: string,
  stack: string,
  models: readonly ModelSpec[],
): Record<string, ModelRecord> {
  const records: Record<string, ModelRecord> = {};
  for (const { name } of models) {
    const record = readModelRecord(join(root, modelRecordFolder(stack), modelRecordName(name)));
    if (record !== undefined) records[name] = record;
  }
  return records;
}

/** A record that is lost or damaged is as none: the model is then compared anew. */
export function readModelRecord(path: string): ModelRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isRecord(record) || typeof record.origin !== "string" || typeof record.digest !== "string")
      return undefined;
    return { origin: record.origin, digest: record.digest };
  } catch {
    return undefined;
  }
}
