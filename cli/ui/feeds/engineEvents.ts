import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { StackPlan } from "../../../plan/plan";
import type { UiEvent } from "../state";
import type { FeedContext } from "./context";
import { repeat } from "./repeat";

/** What had happened before the screen was opened is worth seeing, too. */
const LOOK_BACK_S = 3_600;

const RETRY_MS = 2_000;

/** Events of the stack's containers, as the engine tells them. */
export async function feedEngineEvents(context: FeedContext): Promise<void> {
  let since = Math.floor(Date.now() / 1000) - LOOK_BACK_S;
  await repeat(RETRY_MS, context.signal, async () => {
    try {
      since = await follow(context, since);
    } catch {
      // The engine is away: the feed of containers tells so, and this one begins anew.
    }
  });
}

async function follow(context: FeedContext, since: number): Promise<number> {
  const { docker, plan, signal, dispatch } = context;
  const container = plan.services.map((service) => service.container.name);
  const filters = { type: ["container" as const], container };
  const stream = (await docker.getEvents({
    since,
    filters,
    abortSignal: signal,
  })) as unknown as Readable;
  let last = since;
  for await (const line of createInterface({ input: stream })) {
    const record = JSON.parse(line) as EngineEvent;
    last = record.time + 1;
    const event = toEvent(record, plan);
    if (event !== undefined) dispatch({ type: "eventSeen", event });
  }
  return last;
}

/** Source: Docker Engine API 1.41, GET /events. */
export interface EngineEvent {
  readonly Action: string;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
  /** seconds */
  readonly time: number;
}

const TEXTS: Readonly<Record<string, string>> = {
  create: "was made",
  start: "was started",
  pause: "was paused",
  unpause: "goes on",
  oom: "ran out of memory",
  destroy: "was removed",
  "health_status: healthy": "is healthy",
  "health_status: unhealthy": "is unhealthy",
};

/** An event in words; undefined for those that say nothing new, such as the health check's own processes. */
export function toEvent(
  record: EngineEvent,
  plan: Pick<StackPlan, "services">,
): UiEvent | undefined {
  const { name, exitCode } = record.Actor.Attributes;
  const service = plan.services.find(({ container }) => container.name === name)?.name;
  if (service === undefined) return undefined;
  const text = record.Action === "die" ? `ended (exit code ${exitCode})` : TEXTS[record.Action];
  if (text === undefined) return undefined;
  return { time: new Date(record.time * 1000), text: `${service} ${text}` };
}
