import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentHost } from "../support/agent/agentProcess";
import { AGENTS, buildAgent } from "../support/agent/builtAgent";
import type { Comparison } from "./measure";

/** How long the agent is watched. The target is for ten minutes; less is for a quick look. */
const SECONDS = Number(process.env.BENCH_AGENT_SECONDS ?? 600);

/** As a stack declares it unless told otherwise. */
const HEARTBEAT_SECONDS = 30;

const MOST_MEBIBYTES = 80;
const MOST_PERCENT = 0.5;

/** Kernel ticks a second, the same on every Linux that Node runs on. */
const TICKS = 100;

/** The agent's executable at rest: what it keeps in memory, and what share of one core it takes. */
export async function benchAgent(): Promise<Comparison[]> {
  buildAgent();
  const [, executable] = AGENTS;
  const host = new AgentHost(executable.command, { heartbeatSeconds: HEARTBEAT_SECONDS });
  try {
    host.start();
    await host.seen("agent.heartbeat");
    console.log(`the agent at rest, for ${SECONDS} s`);
    const before = processorSeconds(host.pid);
    let most = 0;
    for (let second = 0; second < SECONDS; second += 1) {
      await sleep(1000);
      most = Math.max(most, residentMebibytes(host.pid));
    }
    const percent = ((processorSeconds(host.pid) - before) / SECONDS) * 100;
    const beats = host.events("agent.heartbeat").length;
    if (beats < SECONDS / HEARTBEAT_SECONDS) throw new Error(`only ${beats} heartbeats`);
    return [
      row("agent at rest: resident memory", most, "MiB", MOST_MEBIBYTES),
      row("agent at rest: of one core", percent, "%", MOST_PERCENT),
    ];
  } finally {
    host.remove();
  }
}

function row(name: string, value: number, unit: string, most: number): Comparison {
  const target = `${most} ${unit}`;
  return { name, value, unit, rival: "", reference: undefined, target, met: value <= most };
}

/** Of the process and of the children that it has waited for. Source: proc(5), fields 14 to 17 of stat. */
function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

function residentMebibytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
