import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { IdleRecord } from "../../plan/idleDecision";
import { AgentHost } from "../support/agent/agentProcess";
import { AGENTS, buildAgent } from "../support/agent/builtAgent";
import { SmallServer } from "../support/agent/smallServer";
import { compileFakeNvml, GpuHost } from "../support/gpu/gpuHost";
import { type Comparison, median } from "./measure";

type Environment = Readonly<Record<string, string>>;

const REPEATS = Number(process.env.BENCH_REPEATS ?? 5) * 4;

const MOST_MILLISECONDS = 100;

/** Of which heartbeats the idle check takes what the GPUs do, instead of asking them itself. */
const HEARTBEAT_SECONDS = 5;

/**
 * What each start of the idle check takes of a processor: with an Ollama to ask; with NVIDIA's GPUs beside, by the
 * heartbeat of an agent; and with those GPUs, asked by the check itself.
 */
export async function benchIdleCheck(): Promise<Comparison[]> {
  buildAgent();
  const ollama = await SmallServer.start((_, response) => void response.end('{"models":[]}'));
  const gpuHost = new GpuHost();
  const [, executable] = AGENTS;
  const host = new AgentHost(executable.command, {
    heartbeatSeconds: HEARTBEAT_SECONDS,
    ollamaUrl: ollama.url,
    gpu: "nvidia",
  });
  try {
    gpuHost.withNvml(compileFakeNvml(join(gpuHost.folder, "lib")));
    const environment = { ...gpuHost.environment, PATH: gpuHost.variables().PATH ?? "" };
    host.start(environment);
    await host.seen("agent.heartbeat");
    const beside = await measureStarts(host, environment);
    await host.end("SIGTERM");
    rmSync(host.config.paths.status);
    const asking = await measureStarts(host, environment);
    const { observed } = JSON.parse(readFileSync(host.config.paths.idle, "utf8")) as IdleRecord;
    if (observed.gpu.source !== "nvml") throw new Error(`NVML: ${observed.gpu.error}`);
    host.configure({ gpu: "none" });
    const alone = await measureStarts(host, environment);
    return [
      row("idle check, no GPU: processor time", alone),
      row("idle check beside an agent with a GPU", beside),
      row("idle check with a GPU and no agent", asking),
    ];
  } finally {
    host.remove();
    gpuHost.remove();
    ollama.close();
  }
}

function row(name: string, value: number): Comparison {
  const target = `${MOST_MILLISECONDS} ms`;
  const met = value <= MOST_MILLISECONDS;
  return { name, value, unit: "ms", rival: "", reference: undefined, target, met };
}

async function measureStarts(host: AgentHost, environment: Environment): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < REPEATS; round += 1)
    samples.push(await processorMilliseconds(host.checkIdle(), environment));
  return median(samples);
}

/** User and system time of a command and of all that it started and waited for. */
async function processorMilliseconds(
  words: readonly string[],
  environment: Environment,
): Promise<number> {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@"';
  const { stderr } = await execa("/bin/bash", ["-c", script, "bash", ...words], {
    env: environment,
  });
  const times = /^(\d+\.\d+) (\d+\.\d+)$/m.exec(stderr);
  if (times === null) throw new Error(`no times in ${JSON.stringify(stderr)}`);
  return (Number(times[1]) + Number(times[2])) * 1000;
}
