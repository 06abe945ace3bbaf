import { bashScript } from "./bash";
import { fishScript } from "./fish";
import type { VerbModel } from "./model";
import { zshScript } from "./zsh";

/** The shells that there is a script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes the command in a shell. */
export function completionScript(shell: Shell, verbs: readonly VerbModel[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](verbs);
}
