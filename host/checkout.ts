import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceText } from "../plan/composeFile";
import { StackError } from "../plan/errors";
import { LOCK_FILE } from "../plan/imageLock";
import type { ImageNames } from "../plan/images";
import { nearest } from "../plan/suggest";
import { isRecord, parseYaml, type YamlDocument } from "../plan/yamlDocument";
import { builtImageNames } from "./builtImages";

/** The texts of a checkout that decide what a stack is. */
export interface Checkout {
  /** compose/common.yaml first, then the others by name */
  readonly composeFiles: readonly SourceText[];
  readonly stackFile: YamlDocument;
  readonly images: ImageNames;
}

export const STACKS_FOLDER = "stacks";

export function stackFileName(stack: string): string {
  return `${STACKS_FOLDER}/Pulumi.${stack}.yaml`;
}

/** Names of the stacks that have a file, sorted. */
export function listStackFiles(root: string): string[] {
  return readdirSync(join(root, STACKS_FOLDER))
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

/** @throws StackError where a stack has no file, so that nothing says what it is and on which host */
export function requireStackFile(root: string, stack: string): void {
  const file = stackFileName(stack);
  if (existsSync(join(root, file))) return;
  const guess = nearest(stack, listStackFiles(root));
  const meant = guess === undefined ? "" : `Did you mean "${guess}"? `;
  const fix = `${meant}Restore it, or make one with: cp ${stackFileName("standard-gpu")} ${file}`;
  throw new StackError([{ what: `there is no file ${file}`, where: "--stack", fix }]);
}

/** Reads the files; names in messages are relative to the checkout. */
export function readCheckout(root: string, stack: string): Checkout {
  const composeNames = readdirSync(join(root, "compose")).filter((name) => name.endsWith(".yaml"));
  const ordered = ["common.yaml", ...composeNames.filter((name) => name !== "common.yaml").sort()];
  return {
    composeFiles: ordered.map((name) => readSource(root, `compose/${name}`)),
    stackFile: readStackFile(root, stack),
    images: { lock: readLock(root), built: builtImageNames(root) },
  };
}

/** A stack's file; empty where it has none. */
export function readStackFile(root: string, stack: string): YamlDocument {
  const file = stackFileName(stack);
  return parseYaml(file, readOptional(root, file) ?? "");
}

function readSource(root: string, file: string): SourceText {
  const text = readOptional(root, file);
  if (text === undefined) {
    throw new StackError([
      { what: "the file is not there", where: file, fix: "Restore it with: git checkout compose" },
    ]);
  }
  return { file, text };
}

function readOptional(root: string, file: string): string | undefined {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Digest by reference. @throws StackError where the file is no lock */
export function readLock(root: string): Record<string, string> {
  const file = LOCK_FILE;
  const document = parseYaml(file, readOptional(root, file) ?? "");
  if (document.problems.length > 0) throw new StackError(document.problems);
  const lock = document.value ?? {};
  const faulty = Object.entries(lock).filter(
    ([, digest]) => !/^sha256:[0-9a-f]{64}$/.test(String(digest)),
  );
  if (!isRecord(lock) || faulty.length > 0) {
    throw new StackError(
      faulty.map(([reference]) => ({
        what: `"${reference}" has no valid digest (sha256: and 64 hexadecimal digits)`,
        where: document.locate([reference]),
      })),
    );
  }
  return lock as Record<string, string>;
}
