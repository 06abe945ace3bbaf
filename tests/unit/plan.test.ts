import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { planStack } from "../../plan/plan";
import { planCheckout } from "../../plan/planCheckout";
import { parseYaml } from "../../plan/yamlDocument";
import { readProject } from "../support/plan/composeText";
import { problemsOf } from "../support/plan/problems";
import { settings } from "../support/plan/settings";

const ROOT = resolve(import.meta.dirname, "../..");
const NAMES = { lock: {}, built: {} };

interface ServiceText {
  readonly port?: number;
  readonly extra?: string;
  readonly network?: string;
}

/** A project of several services, each the smallest one and a line of its own. */
function project(services: Readonly<Record<string, ServiceText>>) {
  const texts = Object.entries(services).map(
    ([name, { port = 80, extra = "", network = "net" }]) => `  ${name}:
    container_name: aistack-${name}
    image: ${name}:1
    networks: [${network}]
    ports: ["${port}:80"]
    x-aistack: {readiness: /ready, endpoint: 80}
    ${extra}
`,
  );
  return readProject(`name: aistack
networks: {net: {name: aistack-net}, back: {name: aistack-back, internal: true}, spare: {name: aistack-spare}}
volumes: {data: {name: data}, spare: {name: spare}}
services:
${texts.join("")}`);
}

const plan = (
  services: Readonly<Record<string, ServiceText>>,
  config: Record<string, unknown> = {},
) => planStack(project(services), settings(config), NAMES);

const order = (...args: Parameters<typeof plan>) => plan(...args).services.map(({ name }) => name);

const THREE = { one: { port: 1 }, two: { port: 2 }, three: { port: 3 } };

test("the checkout's own stack, in full", () => {
  const read = (file: string) => ({ file, text: readFileSync(join(ROOT, file), "utf8") });
  const planned = planCheckout(
    {
      composeFiles: [read("compose/common.yaml"), read("compose/ollama.yaml")],
      stackFile: parseYaml("stacks/Pulumi.x.yaml", ""),
      images: { lock: {}, built: { ollama: "aistack.invalid/ollama:0123" } },
    },
    { models: [{ name: "tiny", from: "file:models/tiny.gguf" }], protectData: true },
  );
  expect(planned).toStrictEqual({
    profile: "minimal",
    host: undefined,
    networks: [{ key: "aistack-net", name: "aistack-net", internal: false }],
    volumes: [{ key: "ollama_data", name: "ollama_data" }],
    otherVolumes: [],
    services: [
      {
        name: "ollama",
        image: {
          service: "ollama",
          source: "auto",
          reference: "ollama/ollama:0.34.3",
          digest: undefined,
          registryName: "ollama/ollama:0.34.3",
          loadedName: undefined,
          builtName: "aistack.invalid/ollama:0123",
        },
        container: {
          name: "aistack-ollama",
          envs: ["OLLAMA_KEEP_ALIVE=5m", "OLLAMA_NOHISTORY=1", "OLLAMA_NO_CLOUD=1"],
          ports: [{ internal: 11434, external: 11434, ip: "127.0.0.1", protocol: "tcp" }],
          mounts: [
            { type: "volume", source: "ollama_data", target: "/root/.ollama", readOnly: false },
          ],
          networks: [{ name: "aistack-net", aliases: ["ollama"] }],
          restart: "unless-stopped",
          destroyGraceSeconds: 30,
          logDriver: "json-file",
          logOpts: { "max-size": "10m", "max-file": "3" },
          readOnly: true,
          init: true,
          tmpfs: { "/tmp": "" },
          securityOpts: ["no-new-privileges:true"],
          capabilities: { adds: [], drops: ["ALL"] },
          memory: 16384,
          memorySwap: 16384,
          healthcheck: {
            tests: ["CMD", "ollama", "list"],
            interval: "5s",
            timeout: "5s",
            startPeriod: "30s",
            retries: 5,
          },
        },
        dependsOn: [],
        endpoint: "http://127.0.0.1:11434",
        readinessUrl: "http://127.0.0.1:11434/api/version",
        readinessSeconds: 180,
        gpu: true,
        variants: {},
      },
    ],
    models: [{ name: "tiny:latest", source: { kind: "file", path: "models/tiny.gguf" } }],
    localai: [],
    secrets: [],
    admin: { email: "admin@aistack.local", name: "Admin" },
    protectData: true,
    gpu: undefined,
    warnings: [],
  });
});

test("a prefix is in every name, and the alias stays", () => {
  const { networks, volumes, services } = plan(
    { one: { extra: "volumes: ['data:/data']" } },
    { namePrefix: "lab" },
  );
  expect(networks).toEqual([{ key: "net", name: "lab-net", internal: false }]);
  expect(volumes).toEqual([{ key: "data", name: "lab-data" }]);
  expect(services[0]?.container).toMatchObject({
    name: "lab-one",
    mounts: [{ source: "lab-data" }],
    networks: [{ name: "lab-net", aliases: ["one"] }],
  });
});

test("only networks and volumes that a selected service uses are planned", () => {
  const services = {
    one: { port: 1, extra: "volumes: ['data:/data']" },
    two: { port: 2, network: "back" },
  };
  const one = plan(services, { services: ["one"] });
  expect(one.networks.map(({ key }) => key)).toEqual(["net"]);
  expect(one.volumes.map(({ key }) => key)).toEqual(["data"]);
  const two = plan(services, { services: ["two"] });
  expect(two.networks).toEqual([{ key: "back", name: "aistack-back", internal: true }]);
  expect(two.volumes).toEqual([]);
});

describe("endpoints", () => {
  test.each([
    ["127.0.0.1", "http://127.0.0.1:80"],
    ["192.168.1.5", "http://192.168.1.5:80"],
    ["0.0.0.0", "http://127.0.0.1:80"],
  ])("bound to %s, a service is reached at %s", (bindAddress, endpoint) => {
    const [service] = plan({ one: {} }, { bindAddress }).services;
    expect(service).toMatchObject({ endpoint, readinessUrl: `${endpoint}/ready` });
  });

  test("the moved port is the endpoint's", () => {
    expect(plan({ one: {} }, { ports: { one: 1234 } }).services[0]?.endpoint).toBe(
      "http://127.0.0.1:1234",
    );
  });
});

describe("which services run", () => {
  const services = {
    always: { port: 1 },
    minimal: { port: 2, extra: "profiles: [minimal, large]" },
    large: { port: 3, extra: "profiles: [large]" },
    never: { port: 4, extra: "profiles: []" },
  };
  test("those of the profile and those without profiles", () => {
    expect(order(services)).toEqual(["always", "minimal"]);
  });

  test.each([
    [["large"], ["large"]],
    [
      ["minimal", "always"],
      ["always", "minimal"],
    ],
    [["never"], ["never"]],
    [["large", "large"], ["large"]],
  ])("services: %j names them instead", (named, run) => {
    expect(order(services, { services: named })).toEqual(run);
  });

  test.each([
    [
      { services: ["always", "larg"] },
      'aistack:services[1]: unknown service "larg". Did you mean "large"? ',
    ],
    [{ ports: { nobody: 1 } }, 'aistack:ports.nobody: unknown service "nobody". '],
    [
      { limits: { minimals: {} } },
      'aistack:limits.minimals: unknown service "minimals". Did you mean "minimal"? ',
    ],
    [
      { images: { overrides: { alway: "a:1" } } },
      'aistack:images.overrides.alway: unknown service "alway". Did you mean "always"? ',
    ],
  ])("a service that there is not: %j", (config, message) => {
    expect(problemsOf(() => plan(services, config))).toEqual([
      `${message}Accepted: always, minimal, large, never`,
    ]);
  });

  test("every wrong name is told at once", () => {
    const config = { services: ["x1", "always"], ports: { x2: 1 }, limits: { x3: {} } };
    expect(problemsOf(() => plan(services, config))).toHaveLength(3);
  });

  test("models need their service", () => {
    const config = { services: ["always"], models: [{ name: "tiny" }] };
    expect(problemsOf(() => plan(services, config))).toEqual([
      'aistack:models: models are declared, but the service "ollama" that keeps them is not selected. ' +
        'Add "ollama" to aistack:services or remove aistack:models',
    ]);
    expect(problemsOf(() => plan({ ollama: {} }, { models: [{ name: "tiny" }] }))).toEqual([]);
  });
});

describe("the order in which services start", () => {
  test.each<[string, Record<string, string>, string[]]>([
    ["as written", {}, ["one", "two", "three"]],
    ["after what is waited for", { one: "[two]" }, ["two", "one", "three"]],
    ["in a chain", { one: "[two]", two: "[three]" }, ["three", "two", "one"]],
    ["for several", { one: "[three, two]" }, ["three", "two", "one"]],
    ["in a diamond", { two: "[one]", three: "[one, two]" }, ["one", "two", "three"]],
  ])("%s", (_what, waits, names) => {
    const services = Object.fromEntries(
      Object.entries(THREE).map(([name, text]) => {
        const list = waits[name];
        return [name, list === undefined ? text : { ...text, extra: `depends_on: ${list}` }];
      }),
    );
    expect(order(services)).toEqual(names);
  });

  test("what is waited for is named, but only where it runs", () => {
    const services = { ...THREE, one: { port: 1, extra: "depends_on: [two, three]" } };
    expect(plan(services).services.find(({ name }) => name === "one")?.dependsOn).toEqual([
      "two",
      "three",
    ]);
    const narrowed = plan(services, { services: ["one", "three"] });
    expect(narrowed.services.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ["three", []],
      ["one", ["three"]],
    ]);
  });

  test.each<[string, Record<string, string>, string]>([
    ["itself", { one: "[one]" }, "one → one"],
    ["one that waits for it", { one: "[two]", two: "[one]" }, "one → two → one"],
    [
      "a longer circle",
      { one: "[two]", two: "[three]", three: "[one]" },
      "one → two → three → one",
    ],
    [
      "a circle it is not part of",
      { one: "[two]", two: "[three]", three: "[two]" },
      "two → three → two",
    ],
  ])("a service that waits for %s is refused", (_what, waits, circle) => {
    const services = Object.fromEntries(
      Object.entries(THREE).map(([name, text]) => [
        name,
        { ...text, extra: waits[name] ? `depends_on: ${waits[name]}` : "" },
      ]),
    );
    expect(problemsOf(() => plan(services))).toEqual([
      `depends_on: services wait for each other in a circle: ${circle}`,
    ]);
  });
});

describe("ports", () => {
  test.each<[string, Record<string, ServiceText>, Record<string, unknown>, string]>([
    [
      "in the Compose files",
      { one: { port: 7 }, two: { port: 7 } },
      {},
      'port 7 is given to both "one" and "two"',
    ],
    [
      "by a setting",
      { one: { port: 1 }, two: { port: 2 } },
      { ports: { two: 1 } },
      'port 1 is given to both "one" and "two"',
    ],
    [
      "by two settings",
      { one: { port: 1 }, two: { port: 2 } },
      { ports: { one: 9, two: 9 } },
      'port 9 is given to both "one" and "two"',
    ],
  ])("given twice %s", (_what, services, config, message) => {
    expect(problemsOf(() => plan(services, config))).toEqual([
      `aistack:ports: ${message}. Give one of them another port under aistack:ports`,
    ]);
  });

  test("may be swapped, and be the same for services of which one runs", () => {
    expect(
      problemsOf(() => plan({ one: { port: 1 }, two: { port: 2 } }, { ports: { one: 2, two: 1 } })),
    ).toEqual([]);
    expect(
      problemsOf(() => plan({ one: { port: 7 }, two: { port: 7 } }, { services: ["two"] })),
    ).toEqual([]);
  });
});

test("an override names the image, the lock its digest", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const names = { lock: { "mine:2": digest }, built: { one: "aistack.invalid/one:0" } };
  const config = settings({ images: { source: "registry", overrides: { one: "mine:2" } } });
  expect(planStack(project({ one: {} }), config, names).services[0]?.image).toEqual({
    service: "one",
    source: "registry",
    reference: "mine:2",
    digest,
    registryName: `mine:2@${digest}`,
    loadedName: `aistack.invalid/loaded/mine:2-${"a".repeat(64)}`,
    builtName: undefined,
  });
});

describe("planCheckout", () => {
  const compose = (text: string) => [{ file: "compose/x.yaml", text }];
  const stack = (text: string) => parseYaml("stacks/Pulumi.x.yaml", text);

  test("tells the faults of Compose files and configuration together", () => {
    const sources = {
      composeFiles: compose("name: 5\n"),
      stackFile: stack("confg: 1\nconfig:\n  aistack:profile: x\n"),
      images: NAMES,
    };
    expect(problemsOf(() => planCheckout(sources, { profile: "x" }))).toEqual([
      'stacks/Pulumi.x.yaml:1: unknown key "confg". Did you mean "config"? Accepted: config, encryptionsalt, encryptedkey, secretsprovider, environment',
      "compose/x.yaml:1: name: must be a text, not the number 5",
      'stacks/Pulumi.x.yaml:3: aistack:profile: unknown value "x". Accepted: minimal, standard-gpu',
    ]);
  });

  test("of a stack file that is no YAML nothing but that is told", () => {
    const sources = {
      composeFiles: compose("name: x\n"),
      stackFile: stack("config: ["),
      images: NAMES,
    };
    expect(problemsOf(() => planCheckout(sources, { profile: "x" }))).toEqual([
      "stacks/Pulumi.x.yaml:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ]);
  });

  test("what is no fault of the user passes through", () => {
    const broken = { composeFiles: undefined as never, stackFile: stack(""), images: NAMES };
    expect(() => planCheckout(broken, {})).toThrow(TypeError);
  });
});
