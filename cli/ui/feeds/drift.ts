import { StackError } from "../../../plan/errors";
import { collectStatus } from "../../status/collect";
import type { FeedContext } from "./context";
import { repeat } from "./repeat";

const PAUSE_MS = 30_000;

/** What a preview would name, without an engine. */
export async function feedDrift(context: FeedContext): Promise<void> {
  await repeat(PAUSE_MS, context.signal, () => lookForDrift(context));
}

/** One look; what is wrong with the configuration is told in the same place. */
export async function lookForDrift({ root, stack, dispatch }: FeedContext): Promise<void> {
  try {
    const { report } = await collectStatus(root, stack);
    const problems = report.problems.map(({ what }) => what);
    dispatch({ type: "driftSeen", drift: [...report.drift, ...report.changes, ...problems] });
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    dispatch({ type: "driftSeen", drift: error.problems.map(({ what }) => what) });
  }
}
