import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { requireStackFile } from "../host/checkout";
import { listCheckpoints } from "../host/stackRecord";
import { HostNotReadyError, StackError } from "../plan/errors";
import { nearest } from "../plan/suggest";
import { isRecord } from "../plan/yamlDocument";
import { type CachePaths, locateCache } from "./artifacts";
import { PROJECT, STATE_FOLDER, stackExists } from "./stackStore";

/** The backend's address as Pulumi.yaml has it. */
const BACKEND = `file://./${STATE_FOLDER}`;

/** Names of the stacks that were created in this checkout, sorted. */
export const listStacks = listCheckpoints;

/**
 * The stack that a verb is about: the one named, else the one that `pulumi stack select` or the installer
 * chose, else the only one there is. Starts no engine: Pulumi keeps the choice in a file of its workspace
 * (sdk/go/common/workspace), which cli/engine keeps in the cache.
 * @throws StackError where a stack is named that was not created
 * @throws HostNotReadyError where there is none, or none of several is selected
 */
export function chooseStack(
  root: string,
  named: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const stacks = listStacks(root);
  if (named !== undefined) {
    if (stackExists(root, named)) return named;
    throw unknownStack(named, stacks);
  }
  if (stacks.length === 0) {
    throw new HostNotReadyError([
      { what: "nothing is installed from this checkout yet", fix: "Run ./install.sh" },
    ]);
  }
  const selected = environment.PULUMI_STACK || readSelected(root, locateCache(environment));
  if (selected !== undefined && stacks.includes(selected)) return selected;
  const [only] = stacks;
  if (stacks.length === 1 && only !== undefined) return only;
  throw new HostNotReadyError([
    {
      what: "no stack is selected",
      where: "--stack",
      fix: `Name one with --stack, or select it: pulumi stack select NAME. Created: ${stacks.join(", ")}`,
    },
  ]);
}

/**
 * The same for verbs that a stack's file is enough for, as they are of use before it is created.
 * @throws StackError where a stack is named that has no file
 */
export function chooseDeclaredStack(root: string, named: string | undefined): string {
  if (named === undefined) return chooseStack(root, undefined);
  requireStackFile(root, named);
  return named;
}

/** The selected stack, or the only one; undefined where that is none. */
export function findSelected(root: string): string | undefined {
  try {
    return chooseStack(root, undefined);
  } catch (error) {
    if (error instanceof HostNotReadyError) return undefined;
    throw error;
  }
}

function unknownStack(name: string, stacks: readonly string[]): StackError {
  const guess = nearest(name, stacks);
  const meant = guess === undefined ? "" : `Did you mean "${guess}"? `;
  const created = stacks.length === 0 ? "" : `Created: ${stacks.join(", ")}. `;
  const fix = `${meant}${created}Create it with: ./install.sh --stack ${name}`;
  return new StackError([{ what: `there is no stack "${name}"`, where: "--stack", fix }]);
}

/** A choice that cannot be read is none: it is made again by naming a stack. */
function readSelected(root: string, cache: CachePaths): string | undefined {
  const project = createHash("sha1").update(join(root, "Pulumi.yaml")).digest("hex");
  const file = join(cache.root, "workspaces", `${PROJECT}-${project}-workspace.json`);
  try {
    const settings: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!isRecord(settings)) return undefined;
    // Engines before 3.2xx know one choice for all backends.
    const stack = isRecord(settings.stacks) ? settings.stacks[BACKEND] : settings.stack;
    // Fully qualified: organization/aistack/NAME.
    return typeof stack === "string" ? stack.split("/").at(-1) : undefined;
  } catch {
    return undefined;
  }
}
