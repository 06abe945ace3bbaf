import { readStackFile } from "../host/checkout";
import { decodeStackFile } from "../plan/configKeys";
import { StackError } from "../plan/errors";
import { isRecord } from "../plan/yamlDocument";
import { chooseStack, listStacks } from "./stackSelection";
import { DEFAULT_PROFILE } from "./stackStore";

/**
 * The stack that an installation without a name is about. The installer makes this machine ready: the only stack of
 * it is meant, and none but a first one is made anew. A second one would want the same names of the same engine.
 * @param profile as asked for; undefined: none
 * @throws HostNotReadyError where there are several of this machine and none is selected
 * @throws StackError where a profile is asked for, and it could be another stack's
 */
export function chooseInstalled(root: string, profile: string | undefined): string {
  const here = listStacks(root).filter((stack) => isOfThisMachine(root, stack));
  const [only] = here;
  if (only === undefined) return profile ?? DEFAULT_PROFILE;
  if (here.length === 1) return only;
  const stack = chooseStack(root, undefined);
  const { profile: own = DEFAULT_PROFILE } = decodeStackFile(readStackFile(root, stack).value);
  if (profile === undefined || profile === own) return stack;
  throw new StackError([
    {
      what: `there are several stacks, and --profile ${profile} does not say which one it is for`,
      where: "--profile",
      fix: `Name one with --stack: ${here.join(", ")}`,
    },
  ]);
}

/** The stack that gets one service more: the one that every verb is about, or a first one. */
export function chooseWidened(root: string, profile: string | undefined): string {
  if (listStacks(root).length === 0) return profile ?? DEFAULT_PROFILE;
  return chooseStack(root, undefined);
}

/** A stack whose file is gone is told later; it may be this machine's. */
function isOfThisMachine(root: string, stack: string): boolean {
  const { host } = decodeStackFile(readStackFile(root, stack).value);
  return !isRecord(host) || Object.keys(host).length === 0;
}
