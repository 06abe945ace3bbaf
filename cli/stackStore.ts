import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackFileName } from "../host/checkout";
import { CHECKPOINTS } from "../host/stackRecord";
import { CONFIG_DEFAULTS, decodeStackFile } from "../plan/configKeys";
import { OperationError, StackError } from "../plan/errors";
import { setSetting } from "../plan/stackFileEdit";
import { parseYaml } from "../plan/yamlDocument";
import { execa } from "./execa";

export const STATE_FOLDER = ".state";
export const PROJECT = "aistack";
/** The profile of a stack for which none is named. */
export const DEFAULT_PROFILE = CONFIG_DEFAULTS.profile;
const SALT_LINE = /^encryptionsalt:.*\n?/m;

/** The file with the passphrase that a checkout's secrets are encrypted with. */
export function passphraseFile(root: string): string {
  return join(root, STATE_FOLDER, "passphrase");
}

/** True when the stack has been created in the file backend. */
export function stackExists(root: string, stack: string): boolean {
  return existsSync(join(root, CHECKPOINTS, `${stack}.json`));
}

/**
 * Makes the file backend's folder and, once, its passphrase. Both are readable by their owner alone.
 * @throws StackError where secrets exist, but the passphrase that opens them is gone
 */
export function ensureStateFolder(root: string): void {
  const folder = join(root, STATE_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const file = passphraseFile(root);
  if (existsSync(file)) return;
  if (existsSync(join(root, CHECKPOINTS))) {
    throw new StackError([
      {
        what: "the passphrase is gone, and without it the secrets of the existing stacks cannot be read",
        where: file,
        fix: "Restore the file from your backup",
      },
    ]);
  }
  try {
    // Exclusive: of two installations at once, the second takes the first one's passphrase.
    writeFileSync(file, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** The text of a stack's file; of one that has none yet, a copy of its profile's. */
export function stackFileText(root: string, stack: string, profile: string): string {
  const file = join(root, stackFileName(stack));
  return existsSync(file) ? readFileSync(file, "utf8") : patternOf(root, profile);
}

/**
 * Creates the stack where it does not exist, and selects it.
 * @returns true when it was created
 */
export async function ensureStack(
  root: string,
  stack: string,
  environment: Record<string, string>,
): Promise<boolean> {
  await hideSaltFromGit(root);
  const exists = stackExists(root, stack);
  if (!exists) dropStrangeSalt(join(root, stackFileName(stack)));
  const before = readFileSync(join(root, stackFileName(stack)), "utf8");
  const args = ["stack", exists ? "select" : "init", stack, "--non-interactive"];
  const ran = await execa("pulumi", args, { cwd: root, env: environment, reject: false });
  if (ran.exitCode !== 0) {
    const what = `pulumi ${args.join(" ")} failed: ${ran.stderr.trim().replace(/^error: /, "")}`;
    throw new OperationError([{ what, where: stackFileName(stack) }]);
  }
  keepOwnText(join(root, stackFileName(stack)), before);
  await settleInGit(root, stackFileName(stack));
  return !exists;
}

/** Pulumi writes the whole file anew in its own style; all that is wanted of it is the salt. */
function keepOwnText(file: string, before: string): void {
  const after = readFileSync(file, "utf8");
  const salt = SALT_LINE.exec(after)?.[0];
  if (after === before || salt === undefined || SALT_LINE.test(before)) return;
  const ownText = before.endsWith("\n") ? before : `${before}\n`;
  writeFileSync(file, `${ownText}${salt.trimEnd()}\n`);
}

/**
 * Git takes a file of another size for modified without looking into it. Where the filter leaves no
 * difference, the index is told the file's present size; a user's own edits are left as they are.
 */
async function settleInGit(root: string, file: string): Promise<void> {
  if (!existsSync(join(root, ".git"))) return;
  const git = (...args: string[]) => execa("git", args, { cwd: root, reject: false });
  const tracked = (await git("ls-files", "--error-unmatch", "--", file)).exitCode === 0;
  if (tracked && (await git("diff", "--quiet", "--", file)).exitCode === 0)
    await git("add", "--", file);
}

/**
 * A salt in the file of a stack that does not exist belongs to another passphrase: to a state that
 * was removed, or to another host. Without secrets in the file nothing needs it.
 */
function dropStrangeSalt(file: string): void {
  const text = readFileSync(file, "utf8");
  if (/^\s+secure:/m.test(text)) return;
  const without = text.replace(SALT_LINE, "");
  if (without !== text) writeFileSync(file, without);
}

function patternOf(root: string, profile: string): string {
  const pattern = stackFileName(profile);
  if (!existsSync(join(root, pattern))) {
    throw new StackError([
      { what: `there is no pattern for profile "${profile}"`, where: pattern },
    ]);
  }
  const text = readFileSync(join(root, pattern), "utf8").replace(SALT_LINE, "");
  // A pattern is a stack of its own as well, whose profile may have been changed.
  const { value, problems } = parseYaml(pattern, text);
  // Told by whoever reads the copy.
  if (problems.length > 0) return text;
  const { profile: own = DEFAULT_PROFILE } = decodeStackFile(value);
  return own === profile ? text : setSetting(text, ["profile"], profile);
}

/**
 * Pulumi writes a stack's salt into its tracked file. The salt belongs to this host, not to the
 * project, so git is told to leave it out (.gitattributes names the filter). Should a checkout ever
 * drop it, Pulumi takes it back from the state (docs/decisions/0003-salt.md).
 */
async function hideSaltFromGit(root: string): Promise<void> {
  if (!existsSync(join(root, ".git"))) return;
  const filter = ["config", "--local", "filter.aistack-stack.clean", "sed '/^encryptionsalt:/d'"];
  // A checkout without a usable git works all the same; only git status then shows the salt.
  await execa("git", filter, { cwd: root, reject: false });
}
