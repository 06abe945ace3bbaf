import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackFileName } from "../host/checkout";
import { decodeStackFile } from "../plan/configKeys";
import { StackError } from "../plan/errors";
import { readSettings } from "../plan/settings";
import { setSetting } from "../plan/stackFileEdit";
import { parseYaml } from "../plan/yamlDocument";
import { confirm } from "./confirm";
import { print } from "./output";
import { DEFAULT_PROFILE, stackFileText } from "./stackStore";

/** What an installation was asked to have in its stack's file. */
export interface WantedSettings {
  readonly stack: string;
  /** undefined: a stack that has a file keeps its profile */
  readonly profile?: string | undefined;
  /** where images come from; undefined: as the file says */
  readonly images?: string | undefined;
}

/** A stack's file as an installation needs it. */
export interface StackFileChange {
  readonly file: string;
  readonly text: string;
  readonly isNew: boolean;
  /** what is to be changed in a file that is there, as its lines say it */
  readonly changes: readonly string[];
}

/**
 * What a stack's file is to say; nothing is written.
 * @throws StackError where the file is not valid, or what was asked for would change nothing of what runs
 */
export function planStackFile(root: string, wanted: WantedSettings): StackFileChange {
  const { stack, profile, images } = wanted;
  const file = stackFileName(stack);
  const before = stackFileText(root, stack, profile ?? DEFAULT_PROFILE);
  const document = parseYaml(file, before);
  if (document.problems.length > 0) throw new StackError(document.problems);
  const settings = readSettings(decodeStackFile(document.value), document);
  const changes: string[] = [];
  let text = before;
  if (profile !== undefined && profile !== settings.profile) {
    if (settings.services.length > 0) {
      const what = `stack ${stack} runs the services that aistack:services names, whatever its profile`;
      const fix = `Remove aistack:services from ${file}, or add one: ./aistack install SERVICE --stack ${stack}`;
      throw new StackError([{ what, where: "--profile", fix }]);
    }
    text = setSetting(text, ["profile"], profile);
    changes.push(`aistack:profile: ${profile}`);
  }
  if (images !== undefined && images !== settings.images.source) {
    text = setSetting(text, ["images", "source"], images);
    changes.push(`aistack:images.source: ${images}`);
  }
  return { file, text, isNew: !existsSync(join(root, file)), changes };
}

/**
 * Writes the file, after a question where that changes one that is there.
 * @returns false where a dry run has only told what would be written
 */
export async function writeStackFile(
  root: string,
  { file, text, isNew, changes }: StackFileChange,
  { yes = false, dryRun = false }: { readonly yes?: boolean; readonly dryRun?: boolean },
): Promise<boolean> {
  if (!isNew && changes.length === 0) return true;
  const list = changes.join(", ");
  if (!isNew && dryRun) {
    print(`Would write to ${file}: ${list}`);
    return false;
  }
  if (!isNew && !yes) await confirm(`Write to ${file}: ${list}?`);
  writeFileSync(join(root, file), text);
  if (!isNew) print(`${file}: ${list}`);
  return true;
}
