import type * as z from "zod";
import { formatPath, isRecord } from "./dataPath";
import { StackError } from "./errors";
import { GPU_VENDORS } from "./gpuVendors";
import type { ServicePlan } from "./plan";
import { foreign } from "./quote";
import type { Settings } from "./settings";
import {
  flag,
  list,
  loopbackAddress,
  object,
  oneOf,
  pattern,
  toProblems,
  whole,
  words,
} from "./validation";

/** Where the host's agent reads its configuration. */
export const AGENT_CONFIG_FILE = "/etc/aistack/agent.json";

/**
 * What a connection to a service means: to one that infers, a request under way; to an interface, a
 * browser that is open.
 */
export const SERVICE_KINDS = ["inference", "interface"] as const;

const INTERFACES: readonly string[] = ["openwebui"];

const path = () => pattern(/^\/[^\p{Cc}]+$/u, "an absolute path");

const url = () => pattern(/^http:\/\/[^\s/]+(?:\/\S*)?$/, "an address such as http://127.0.0.1:1");

const agentConfigSchema = object({
  heartbeatSeconds: whole(1, 3600),
  /** where Prometheus text is served; null: nowhere */
  metrics: loopbackAddress().nullable(),
  services: list(
    object({
      name: words(),
      /** answers 200 once the service serves */
      url: url(),
      kind: oneOf(SERVICE_KINDS),
    }),
  ),
  /** null: the host keeps no models */
  ollamaUrl: url().nullable(),
  gpu: oneOf(GPU_VENDORS),
  /** the folder whose disk is watched: where the engine keeps its data */
  dataRoot: path(),
  idle: object({
    enabled: flag(),
    afterMinutes: whole(1, 10080),
    unloadModels: flag(),
    suspend: flag(),
    /** what suspends the host, as words of a command line */
    suspendCommand: list(words()).min(1, { error: "must not be empty" }),
  }),
  paths: object({
    /** events, one JSON object a line */
    log: path(),
    /** measurements, one JSON object a line */
    metrics: path(),
    /** the last heartbeat */
    status: path(),
    /** the last idle decision */
    idle: path(),
    /** where the agent answers the aistack command */
    socket: path(),
  }),
});

/** The content of /etc/aistack/agent.json. */
export type AgentConfig = z.infer<typeof agentConfigSchema>;

export type ServiceKind = (typeof SERVICE_KINDS)[number];

/** What of a stack the agent is told. */
export interface AgentConfigInput {
  readonly settings: Pick<Settings, "agent" | "idle" | "gpu" | "hostRoot">;
  readonly services: readonly Pick<ServicePlan, "name" | "endpoint" | "readinessUrl">[];
  /** name of the service that keeps models */
  readonly modelService: string;
  /** where the engine keeps its data; undefined where the host's facts do not tell */
  readonly dataRoot: string | undefined;
}

/** The agent's configuration for a stack; written to the host as JSON. */
export function toAgentConfig(input: AgentConfigInput): AgentConfig {
  const { settings, services } = input;
  const onHost = (location: string) => `${settings.hostRoot}${location}`;
  return {
    heartbeatSeconds: settings.agent.heartbeatSeconds,
    metrics: settings.agent.metrics ?? null,
    services: services.map(({ name, readinessUrl }) => ({
      name,
      url: readinessUrl,
      kind: INTERFACES.includes(name) ? "interface" : "inference",
    })),
    ollamaUrl: services.find(({ name }) => name === input.modelService)?.endpoint ?? null,
    gpu: settings.gpu,
    dataRoot: input.dataRoot ?? onHost("/var/lib/aistack"),
    idle: { ...settings.idle, suspendCommand: ["systemctl", "suspend"] },
    paths: {
      log: onHost("/var/log/aistack/agent.log"),
      metrics: onHost("/var/log/aistack/metrics/metrics.jsonl"),
      status: onHost("/var/lib/aistack/agent_status.json"),
      idle: onHost("/var/lib/aistack/idle.json"),
      socket: onHost("/run/aistack/agent.sock"),
    },
  };
}

/** The text of the configuration file. */
export function formatAgentConfig(config: AgentConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * Checks the text of a configuration file.
 * @param file its name, for messages
 * @throws StackError with every problem found
 */
export function parseAgentConfig(text: string, file: string): AgentConfig {
  const fix = "Repair it with: aistack up";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const what = `is not JSON: ${foreign((error as Error).message)}`;
    throw new StackError([{ what, where: file, fix }]);
  }
  if (!isRecord(value)) throw new StackError([{ what: "is not a JSON object", where: file, fix }]);
  const parsed = agentConfigSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StackError(
    toProblems(parsed.error, (place) => `${file}: ${formatPath(place)}`).map((problem) => ({
      ...problem,
      fix,
    })),
  );
}

/**
 * How long systemd may wait for a sign of life, `WatchdogSec=` of the unit: two heartbeats, and the
 * time that a slow one may take.
 */
export function watchdogSeconds(heartbeatSeconds: number): number {
  return 2 * heartbeatSeconds + 30;
}
