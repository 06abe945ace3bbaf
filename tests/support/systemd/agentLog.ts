import type { Machine } from "./machine";

/** A line of the agent's log, as far as the tests look at it. */
export interface AgentEvent {
  readonly time: string;
  readonly event:
    | "agent.started"
    | "agent.stopped"
    | "agent.heartbeat"
    | "agent.reload"
    | "idle.check";
  readonly sequence?: number;
  readonly accepted?: boolean;
}

/**
 * What the machine's agent has logged, in order.
 * @param name of one kind of event; undefined: all
 * @param files of /var/log/aistack, the oldest first
 */
export async function readEvents(
  machine: Machine,
  name?: AgentEvent["event"],
  files = "agent.log",
): Promise<AgentEvent[]> {
  // zcat takes what is not compressed as it is.
  const text = await machine.shell(`cd /var/log/aistack && zcat -f ${files}`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as AgentEvent)
    .filter(({ event }) => name === undefined || event === name);
}
