import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Heartbeat } from "../../plan/heartbeat";
import { AgentHost } from "../support/agent/agentProcess";
import { AGENTS, buildAgent } from "../support/agent/builtAgent";
import { NotifySocket } from "../support/agent/notifySocket";
import { SmallServer } from "../support/agent/smallServer";
import { compileFakeNvml, GpuHost } from "../support/gpu/gpuHost";
import type { Comparison } from "./measure";

/** How long the agent is watched. The target is for ten minutes; less is for a quick look. */
const SECONDS = Number(process.env.BENCH_AGENT_SECONDS ?? 600);

/** As a stack declares it unless told otherwise. */
const HEARTBEAT_SECONDS = 30;

const MOST_MEBIBYTES = 80;
const MOST_PERCENT = 0.5;

/** Kernel ticks a second, the same on every Linux that Node runs on. */
const TICKS = 100;

/** As its unit has it: two heartbeats, and the time that a slow one may take. */
const WATCHDOG = { WATCHDOG_USEC: "90000000", WATCHDOG_PID: "$$" };

const SERVICES = ["ollama", "openwebui", "localai"];

/**
 * The agent's executable as it is installed: with three services that answer, NVIDIA GPUs by a stand-in for NVML, and a
 * systemd that is told of each heartbeat. What it keeps in memory, and what share of one core it and its children take.
 */
export async function benchAgent(): Promise<Comparison[]> {
  buildAgent();
  const [, executable] = AGENTS;
  const servers = await Promise.all(SERVICES.map(() => SmallServer.start()));
  const gpuHost = new GpuHost();
  const host = new AgentHost(executable.command, {
    heartbeatSeconds: HEARTBEAT_SECONDS,
    services: servers.map(({ url }, index) => ({
      name: SERVICES[index] ?? "",
      url: `${url}/`,
      kind: "inference",
    })),
    ollamaUrl: servers[0]?.url ?? null,
    gpu: "nvidia",
  });
  const systemd = await NotifySocket.open(join(host.root, "notify.sock"));
  try {
    gpuHost.withNvml(compileFakeNvml(join(gpuHost.folder, "lib")));
    host.start({
      ...gpuHost.environment,
      // Python itself, whatever stands before it here; and systemd's command.
      PATH: `${gpuHost.variables().PATH}:${process.env.PATH}`,
      NOTIFY_SOCKET: systemd.path,
      ...WATCHDOG,
    });
    await systemd.received(/^READY=1/);
    console.log(`the agent at rest, for ${SECONDS} s`);
    const before = processorSeconds(host.pid);
    let most = 0;
    for (let second = 0; second < SECONDS; second += 1) {
      await sleep(1000);
      most = Math.max(most, residentMebibytes(host.pid));
    }
    const percent = ((processorSeconds(host.pid) - before) / SECONDS) * 100;
    checkBeats(host, systemd);
    return [
      row("agent at rest: resident memory", most, "MiB", MOST_MEBIBYTES),
      row("agent at rest: of one core", percent, "%", MOST_PERCENT),
    ];
  } finally {
    host.remove();
    await systemd.close();
    gpuHost.remove();
    for (const server of servers) server.close();
  }
}

/** @throws Error where the agent did not do what was to be measured */
function checkBeats(host: AgentHost, systemd: NotifySocket): void {
  const beats = host.events("agent.heartbeat");
  const expected = Math.floor(SECONDS / HEARTBEAT_SECONDS);
  if (beats.length < expected) throw new Error(`only ${beats.length} heartbeats`);
  const told = systemd.messages().filter((message) => message.startsWith("WATCHDOG=1")).length;
  if (told < expected - 1) throw new Error(`systemd was told of only ${told} heartbeats`);
  for (const { gpu, services } of beats as unknown as readonly Heartbeat[]) {
    if (gpu.source !== "nvml") throw new Error(`the GPUs were not read: ${gpu.error}`);
    if (!services.every(({ healthy }) => healthy)) throw new Error("a service was not healthy");
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
