import { execa as execaItself } from "execa";
import { HANGUP_IGNORED, OUTLIVES_TERMINAL } from "../host/hangup";

/** execa, whose processes outlive a lost connection where this one does. */
export const execa = HANGUP_IGNORED
  ? (execaItself(OUTLIVES_TERMINAL) as typeof execaItself)
  : execaItself;
