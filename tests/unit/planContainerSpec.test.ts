import { describe, expect, test } from "vitest";
import { toContainerSpec } from "../../plan/containerSpec";
import { physicalName } from "../../plan/naming";
import { composeText, readProject, readService } from "../support/plan/composeText";
import { settings } from "../support/plan/settings";

const CONTEXT = {
  serviceName: "one",
  volumeNames: { data: "lab-data" },
  networkNames: { net: "lab-net" },
  wiring: { environment: {}, secrets: [] },
};

const spec = (extra = "", config: Readonly<Record<string, unknown>> = {}) =>
  toContainerSpec(readService(extra), { ...CONTEXT, settings: settings(config) });

const MINIMAL = {
  name: "aistack-one",
  envs: [],
  ports: [{ internal: 80, external: 8080, ip: "127.0.0.1", protocol: "tcp" }],
  mounts: [],
  networks: [{ name: "lab-net", aliases: ["one"] }],
  restart: "no",
  destroyGraceSeconds: 30,
  logDriver: "json-file",
  logOpts: {},
  readOnly: false,
  init: false,
  tmpfs: {},
  securityOpts: [],
};

test("the smallest service has every field that the provider needs, and none that is not said", () => {
  expect(spec()).toStrictEqual(MINIMAL);
});

describe("a key of Compose", () => {
  test.each<[string, string, object]>([
    [
      "environment is sorted, unset variables are left out",
      "environment: {B: 2, A: '1', C: , a: x, D: ''}",
      {
        envs: ["A=1", "B=2", "D=", "a=x"],
      },
    ],
    [
      "$$ in a variable is a dollar sign",
      "environment: {A: 'x$$y', B: '$$$$'}",
      { envs: ["A=x$y", "B=$$"] },
    ],
    ["$$ in a command", "command: [echo, '$$HOME']", { command: ["echo", "$HOME"] }],
    ["an empty command", "command: []", { command: [] }],
    [
      "$$ in an entrypoint",
      "entrypoint: [sh, -c, 'echo $$1']",
      { entrypoints: ["sh", "-c", "echo $1"] },
    ],
    ["restart", "restart: unless-stopped", { restart: "unless-stopped" }],
    ["a grace period in seconds", "stop_grace_period: 1m30s", { destroyGraceSeconds: 90 }],
    ["part of a second is a whole one", "stop_grace_period: 1500ms", { destroyGraceSeconds: 2 }],
    ["no grace period at all", "stop_grace_period: 0s", { destroyGraceSeconds: 0 }],
    ["read_only", "read_only: true", { readOnly: true }],
    ["init", "init: true", { init: true }],
    [
      "tmpfs",
      "tmpfs: [/tmp, '/run:size=64m,mode=1777']",
      { tmpfs: { "/tmp": "", "/run": "size=64m,mode=1777" } },
    ],
    [
      "security_opt",
      "security_opt: ['no-new-privileges:true']",
      { securityOpts: ["no-new-privileges:true"] },
    ],
    [
      "capabilities have their full name, but for ALL, and are sorted",
      "cap_drop: [SYS_ADMIN, ALL, CAP_CHOWN]",
      {
        capabilities: { adds: [], drops: ["ALL", "CAP_CHOWN", "CAP_SYS_ADMIN"] },
      },
    ],
    [
      "added capabilities",
      "cap_add: [KILL, CHOWN]",
      { capabilities: { adds: ["CAP_CHOWN", "CAP_KILL"], drops: [] } },
    ],
    ["no capabilities at all", "cap_add: []\ncap_drop: []", {}],
    ["user", "user: '1000:1000'", { user: "1000:1000" }],
    ["memory in MiB, and no swap beyond it", "mem_limit: 1g", { memory: 1024, memorySwap: 1024 }],
    ["part of a MiB is a whole one", "mem_limit: 1048577", { memory: 2, memorySwap: 2 }],
    ["a swap limit", "mem_limit: 1g\nmemswap_limit: 2g", { memory: 1024, memorySwap: 2048 }],
    ["a swap limit alone limits nothing", "memswap_limit: 2g", {}],
    ["cpus as text", "cpus: 1.5", { cpus: "1.5" }],
    ["shm_size in MiB", "shm_size: 64m", { shmSize: 64 }],
    [
      "a volume under its physical name",
      "volumes: ['data:/a:ro', 'data:/b']",
      {
        mounts: [
          { type: "volume", source: "lab-data", target: "/a", readOnly: true },
          { type: "volume", source: "lab-data", target: "/b", readOnly: false },
        ],
      },
    ],
    [
      "a log driver",
      "logging: {driver: local, options: {max-size: 5m}}",
      {
        logDriver: "local",
        logOpts: { "max-size": "5m" },
      },
    ],
    ["log options alone", "logging: {options: {max-file: 3}}", { logOpts: { "max-file": "3" } }],
    [
      "durations of a healthcheck as Go writes them",
      "healthcheck: {test: [CMD-SHELL, 'x $$Y'], interval: 90s, timeout: 0.5s, start_period: 60s, retries: 3}",
      {
        healthcheck: {
          tests: ["CMD-SHELL", "x $Y"],
          interval: "1m30s",
          timeout: "500ms",
          startPeriod: "1m0s",
          retries: 3,
        },
      },
    ],
    [
      "a healthcheck says only what is said",
      "healthcheck: {test: [NONE]}",
      { healthcheck: { tests: ["NONE"] } },
    ],
  ])("%s", (_what, extra, fields) => {
    expect(spec(extra)).toStrictEqual({ ...MINIMAL, ...fields });
  });

  test("ports are sorted as the provider reads them back, and bound to the stack's address", () => {
    const text = composeText().replace(
      '["8080:80"]',
      '["9001:90/udp", "9000:90", "8082:80", "1.2.3.4:8081:80", 443]',
    );
    const service = readProject(text).services.one;
    if (service === undefined) throw new Error("no service");
    const bound = settings({ bindAddress: "0.0.0.0" });
    expect(toContainerSpec(service, { ...CONTEXT, settings: bound }).ports).toStrictEqual([
      { internal: 80, external: 8081, ip: "0.0.0.0", protocol: "tcp" },
      { internal: 80, external: 8082, ip: "0.0.0.0", protocol: "tcp" },
      { internal: 90, external: 9000, ip: "0.0.0.0", protocol: "tcp" },
      { internal: 90, external: 9001, ip: "0.0.0.0", protocol: "udp" },
      { internal: 443, external: 443, ip: "0.0.0.0", protocol: "tcp" },
    ]);
  });
});

describe("a setting", () => {
  test.each<[string, object, string, object]>([
    [
      "moves the endpoint's port",
      { ports: { one: 1234 } },
      "",
      {
        ports: [{ internal: 80, external: 1234, ip: "127.0.0.1", protocol: "tcp" }],
      },
    ],
    ["of another service moves nothing", { ports: { two: 1234 } }, "", {}],
    ["puts a prefix in front of the name", { namePrefix: "lab" }, "", { name: "lab-one" }],
    [
      "limits memory, and with it swap",
      { limits: { one: { memory: "2g" } } },
      "mem_limit: 1g\nmemswap_limit: 8g",
      {
        memory: 2048,
        memorySwap: 2048,
      },
    ],
    [
      "limits CPUs over the Compose file",
      { limits: { one: { cpus: 2 } } },
      "cpus: 4",
      { cpus: "2" },
    ],
    [
      "limits one of both",
      { limits: { one: { cpus: 2 } } },
      "mem_limit: 1g",
      {
        cpus: "2",
        memory: 1024,
        memorySwap: 1024,
      },
    ],
    ["of another service limits nothing", { limits: { two: { memory: "2g", cpus: 2 } } }, "", {}],
    [
      "sets the log's size and number",
      { logging: { maxSize: "5m", maxFile: 2 } },
      "logging: {options: {max-size: 10m, max-file: 3, tag: x}}",
      {
        logOpts: { "max-size": "5m", "max-file": "2", tag: "x" },
      },
    ],
    [
      "sets one of both",
      { logging: { maxFile: 2 } },
      "logging: {options: {max-size: 10m}}",
      {
        logOpts: { "max-size": "10m", "max-file": "2" },
      },
    ],
  ])("%s", (_what, config, extra, fields) => {
    expect(spec(extra, config as Record<string, unknown>)).toStrictEqual({ ...MINIMAL, ...fields });
  });

  test("moves the endpoint's port alone", () => {
    const service = readProject(composeText().replace('["8080:80"]', '["8080:80", "9000:90"]'))
      .services.one;
    if (service === undefined) throw new Error("no service");
    const moved = settings({ ports: { one: 1234 } });
    expect(
      toContainerSpec(service, { ...CONTEXT, settings: moved }).ports.map(
        ({ external }) => external,
      ),
    ).toEqual([1234, 9000]);
  });
});

test("a network or volume that has no physical name goes by its own", () => {
  const service = readService("volumes: ['data:/a']");
  const made = toContainerSpec(service, {
    serviceName: "one",
    volumeNames: {},
    networkNames: {},
    wiring: { environment: {}, secrets: [] },
    settings: settings(),
  });
  expect(made.mounts.map(({ source }) => source)).toEqual(["data"]);
  expect(made.networks).toEqual([{ name: "net", aliases: ["one"] }]);
});

test.each([
  ["aistack-ollama", "", "aistack-ollama"],
  ["ollama_data", "", "ollama_data"],
  ["aistack-ollama", "lab", "lab-ollama"],
  ["ollama_data", "lab", "lab-ollama_data"],
  ["aistack-net", "a", "a-net"],
  ["myaistack-x", "lab", "lab-myaistack-x"],
])("%s with the prefix %j is %s", (name, prefix, physical) => {
  expect(physicalName(name, prefix)).toBe(physical);
});
