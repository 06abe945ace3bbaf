import { describe, expect, test } from "vitest";
import {
  type AgentConfig,
  formatAgentConfig,
  parseAgentConfig,
  toAgentConfig,
  watchdogSeconds,
} from "../../plan/agentConfig";
import { problemsOf } from "../support/plan/problems";
import { settings } from "../support/plan/settings";

const FILE = "/etc/aistack/agent.json";

const services = [
  {
    name: "ollama",
    endpoint: "http://127.0.0.1:11434",
    readinessUrl: "http://127.0.0.1:11434/api/version",
  },
  {
    name: "openwebui",
    endpoint: "http://127.0.0.1:3000",
    readinessUrl: "http://127.0.0.1:3000/health",
  },
];

const config: AgentConfig = {
  heartbeatSeconds: 30,
  metrics: null,
  services: [
    { name: "ollama", url: "http://127.0.0.1:11434/api/version", kind: "inference" },
    { name: "openwebui", url: "http://127.0.0.1:3000/health", kind: "interface" },
  ],
  ollamaUrl: "http://127.0.0.1:11434",
  gpu: "none",
  dataRoot: "/var/lib/docker",
  idle: {
    enabled: false,
    afterMinutes: 30,
    unloadModels: true,
    suspend: false,
    suspendCommand: ["systemctl", "suspend"],
  },
  paths: {
    log: "/var/log/aistack/agent.log",
    metrics: "/var/log/aistack/metrics/metrics.jsonl",
    status: "/var/lib/aistack/agent_status.json",
    idle: "/var/lib/aistack/idle.json",
    socket: "/run/aistack/agent.sock",
  },
};

describe("of a stack", () => {
  test("without settings of its own", () => {
    expect(
      toAgentConfig({
        settings: settings(),
        services,
        modelService: "ollama",
        dataRoot: "/var/lib/docker",
      }),
    ).toEqual(config);
  });

  test("with all of its settings, under a folder of its own, and without a service for models", () => {
    const given = {
      agent: {
        enabled: true,
        heartbeatSeconds: 5,
        metrics: "127.0.0.1:9464",
        dockerGroup: false,
      },
      idle: { enabled: true, afterMinutes: 3, unloadModels: false, suspend: true },
      gpu: "nvidia" as const,
      hostRoot: "/tmp/root",
    };
    expect(
      toAgentConfig({
        settings: given,
        services: [],
        modelService: "ollama",
        dataRoot: undefined,
      }),
    ).toEqual({
      heartbeatSeconds: 5,
      metrics: "127.0.0.1:9464",
      services: [],
      ollamaUrl: null,
      gpu: "nvidia",
      dataRoot: "/tmp/root/var/lib/aistack",
      idle: { ...given.idle, suspendCommand: ["systemctl", "suspend"] },
      paths: {
        log: "/tmp/root/var/log/aistack/agent.log",
        metrics: "/tmp/root/var/log/aistack/metrics/metrics.jsonl",
        status: "/tmp/root/var/lib/aistack/agent_status.json",
        idle: "/tmp/root/var/lib/aistack/idle.json",
        socket: "/tmp/root/run/aistack/agent.sock",
      },
    });
  });
});

test("what is written is read again", () => {
  expect(parseAgentConfig(formatAgentConfig(config), FILE)).toEqual(config);
});

describe("refused", () => {
  const fix = "Repair it with: aistack up";

  test("a text that is not JSON", () => {
    expect(problemsOf(() => parseAgentConfig("{", FILE))).toEqual([
      `${FILE}: is not JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2). ${fix}`,
    ]);
  });

  test("a list", () => {
    expect(problemsOf(() => parseAgentConfig("[]", FILE))).toEqual([
      `${FILE}: is not a JSON object. ${fix}`,
    ]);
  });

  test("every fault at once, each at its place", () => {
    const faulty = {
      ...config,
      heartbeatSeconds: 0,
      metrics: "0.0.0.0:9464",
      services: [{ name: "ollama", url: "file:///etc/shadow", kind: "inference" }],
      idle: { ...config.idle, suspendCommand: [] },
      paths: { ...config.paths, log: "agent.log" },
      colour: "red",
    };
    expect(problemsOf(() => parseAgentConfig(JSON.stringify(faulty), FILE))).toEqual(
      [
        "heartbeatSeconds: must be a whole number from 1 to 3600, not 0",
        'metrics: must be an address on loopback such as 127.0.0.1:9464, not "0.0.0.0:9464"',
        'services[0].url: must be an address such as http://127.0.0.1:1, not "file:///etc/shadow"',
        "idle.suspendCommand: must not be empty",
        'paths.log: must be an absolute path, not "agent.log"',
        'colour: unknown key "colour". Accepted: heartbeatSeconds, metrics, services, ollamaUrl, gpu, dataRoot, idle, paths',
      ].map((message) => `${FILE}: ${message}. ${fix}`),
    );
  });
});

test("systemd waits for two heartbeats and a slow one", () => {
  expect(watchdogSeconds(30)).toBe(90);
  expect(watchdogSeconds(1)).toBe(32);
});
