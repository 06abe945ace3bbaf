import { statSync } from "node:fs";
import { join } from "node:path";
import type { DoctorFacts } from "../../plan/doctor";
import { passphraseFile, STATE_FOLDER } from "../stackStore";

/** Permissions of the folder with the state, and of what opens its secrets. */
export function readModes(root: string): DoctorFacts["modes"] {
  return { folder: modeOf(join(root, STATE_FOLDER)), passphrase: modeOf(passphraseFile(root)) };
}

function modeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mode;
}
