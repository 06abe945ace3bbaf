import * as z from "zod";
import type { IdleRecord } from "./idleDecision";

const time = z.iso.datetime();

const model = z.object({ name: z.string(), expiresAt: z.string() });

/** What of a record the next look reads, and people are told; the rest of what was seen passes as it is. */
const recordSchema = z.object({
  time,
  idle: z.boolean(),
  idleSince: time.nullable(),
  reasons: z.array(z.string()),
  actions: z.array(z.string()),
  observed: z.looseObject({
    cpu: z.object({ busy: z.number(), total: z.number() }).nullable(),
    ollama: z.discriminatedUnion("state", [
      z.object({ state: z.enum(["none", "stopped"]) }),
      z.object({ state: z.literal("silent"), error: z.string() }),
      z.object({ state: z.literal("answers"), models: z.array(model) }),
    ]),
    connections: z.array(z.object({ service: z.string(), peer: z.string() })),
  }),
});

/** Reads idle.json. @returns undefined where it is damaged, or another version's: the clock starts anew */
export function parseIdleRecord(text: string): IdleRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = recordSchema.safeParse(value);
  return parsed.success ? (parsed.data as unknown as IdleRecord) : undefined;
}
