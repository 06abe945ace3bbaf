import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceText } from "../plan/composeFile";
import { StackError } from "../plan/errors";
import { LOCK_FILE } from "../plan/imageLock";
import type { ImageNames } from "../plan/images";
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

/** Reads the files; names in messages are relative to the checkout. */
export function readCheckout(root: string, stack: string): Checkout {
  const composeNames = readdirSync(join(root, "compose")).filter((name) => name.endsWith(".yaml"));
  const ordered = ["common.yaml", ...composeNames.filter((name) => name !== "common.yaml").sort()];
  const stackFile = stackFileName(stack);
  return {
    composeFiles: ordered.map((name) => readSource(root, `compose/${name}`)),
    stackFile: parseYaml(stackFile, readOptional(root, stackFile) ?? ""),
    images: { lock: readLock(root), built: builtImageNames(root) },
  };
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
