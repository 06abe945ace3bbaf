import { setTimeout as sleep } from "node:timers/promises";
import { StackError } from "../../../plan/errors";
import { feedContainers } from "./containers";
import type { FeedContext } from "./context";
import { feedDrift } from "./drift";
import { feedEngineEvents } from "./engineEvents";
import { feedGpus } from "./gpus";
import { readLogEvents } from "./logEvents";
import { feedModels } from "./models";

const FEEDS = [feedContainers, feedDrift, feedModels, feedGpus, feedEngineEvents];

const RETRY_MS = 2_000;
const TICK_MS = 1_000;

/**
 * Starts all feeds. One that fails for a reason that a user can mend is told and begun anew.
 * @param fail told of anything else, which is a bug
 */
export function startFeeds(context: FeedContext, fail: (error: unknown) => void): void {
  for (const event of readLogEvents(context.root)) context.dispatch({ type: "eventSeen", event });
  for (const feed of FEEDS) void supervise(feed, context, fail);
  const clock = setInterval(() => context.dispatch({ type: "ticked", now: new Date() }), TICK_MS);
  context.signal.addEventListener("abort", () => clearInterval(clock));
}

async function supervise(
  feed: (context: FeedContext) => Promise<void>,
  context: FeedContext,
  fail: (error: unknown) => void,
): Promise<void> {
  while (!context.signal.aborted) {
    try {
      return await feed(context);
    } catch (error) {
      if (context.signal.aborted) return;
      if (!(error instanceof StackError)) return fail(error);
      const text = error.problems[0]?.what ?? error.message;
      context.dispatch({ type: "noticeSet", notice: { text, tone: "bad" } });
      await sleep(RETRY_MS);
    }
  }
}
