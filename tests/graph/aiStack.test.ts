import { beforeAll, describe, expect, test } from "vitest";
import { readComposeProject } from "../../plan/composeFile";
import { planStack, type StackPlan } from "../../plan/plan";
import { type ModelRecord, type ResolvedStack, resolveStack } from "../../plan/resolve";
import type { SecretValues } from "../../plan/secrets";
import { buildGraph, type Graph, SECRETS } from "../support/plan/graph";
import { hostFacts, line } from "../support/plan/hostOutput";
import { settings } from "../support/plan/settings";
import { BUILT, planMinimal, planStandard } from "../support/plan/stack";

/*
 * What the program asks the engine for. Pulumi's mocks show a resource's inputs; its options are read
 * from the request itself (tests/support/plan/graph.ts). What an engine makes of both, aliases,
 * replacements and the order included, the golden previews show.
 */

const NOW = new Date("2026-11-22T12:00:00.000Z");
const REGISTRY = "ollama/ollama:0.34.3";
const HASH = "f".repeat(64);
const RECORD: ModelRecord = { origin: `sha256:${HASH}`, digest: "d1d1d1d1d1d1d1d1" };

interface Given {
  readonly plan: StackPlan;
  readonly lines?: readonly string[];
  readonly records?: Readonly<Record<string, ModelRecord>>;
  readonly secrets?: SecretValues;
}

/** Pulumi's protocol wraps a value that is secret: one secret in an object makes all of it one. */
const secretOf = (wrapped: unknown) => (wrapped as { value: unknown }).value;

const resolve = ({ plan, lines = [], records = {}, secrets = {} }: Given): ResolvedStack =>
  resolveStack({
    plan,
    facts: hostFacts(...lines),
    fileHashes: { "models/tiny.gguf": HASH },
    records,
    recordFolder: ".state/models/test",
    secrets,
    now: NOW,
  });

const MODELS = { models: [{ name: "tiny", from: "file:models/tiny.gguf" }] };

describe("a new host with a model", () => {
  let graph: Graph;
  const stack = resolve({ plan: planMinimal(MODELS) });

  beforeAll(async () => {
    graph = await buildGraph(stack);
  });

  test("consists of exactly these resources, each under its parent", () => {
    expect(graph.resources.map(({ type, name, parent }) => [`${type} ${name}`, parent])).toEqual([
      ["aistack:AiStack aistack", ""],
      ["aistack:ContainerService ollama", "aistack:AiStack aistack"],
      ["aistack:Model model-tiny-latest", "aistack:AiStack aistack"],
      ["aistack:ServiceProof ollama-answers", "aistack:AiStack aistack"],
      ["aistack:Storage aistack-storage", "aistack:AiStack aistack"],
      ["command:Command model-tiny-latest", "aistack:Model model-tiny-latest"],
      ["command:Command ollama-answers", "aistack:ServiceProof ollama-answers"],
      ["command:Command ollama-ready", "aistack:ContainerService ollama"],
      ["docker:Container ollama", "aistack:ContainerService ollama"],
      ["docker:Network aistack-net", "aistack:AiStack aistack"],
      ["docker:RemoteImage ollama-image", "aistack:ContainerService ollama"],
      ["docker:Volume ollama_data", "aistack:Storage aistack-storage"],
      ["pulumi:providers:docker aistack-engine", "aistack:AiStack aistack"],
    ]);
  });

  test("components keep no more than a summary in the state", () => {
    expect(graph.find("aistack:AiStack", "aistack").inputs).toEqual({ profile: "minimal" });
    expect(graph.find("aistack:Storage", "aistack-storage").inputs).toEqual({});
    expect(graph.find("aistack:ContainerService", "ollama").inputs).toEqual({ image: REGISTRY });
    expect(graph.find("aistack:Model", "model-tiny-latest").inputs).toEqual({
      model: "tiny:latest",
    });
  });

  test("everything of Docker's goes to the one engine", () => {
    expect(graph.find("pulumi:providers:docker", "aistack-engine").inputs).toEqual({
      host: "unix:///run/test.sock",
    });
    const ofDocker = graph.resources.filter(({ type }) => type.startsWith("docker:"));
    expect(ofDocker.map(({ options }) => options.provider)).toEqual(
      Array(4).fill("aistack-engine"),
    );
  });

  test("the network is labelled with its spec, and replaced one after the other", () => {
    const { inputs, options } = graph.find("docker:Network", "aistack-net");
    expect(inputs).toEqual({
      name: "aistack-net",
      driver: "bridge",
      internal: false,
      labels: [{ label: "dev.aistack.spec", value: stack.networks[0]?.comparison.label }],
    });
    expect(options.deleteBeforeReplace).toBe(true);
  });

  test("the volume is its name alone, and outlives the stack", () => {
    const { inputs, options } = graph.find("docker:Volume", "ollama_data");
    // Labels and driver options would replace it, and with it the data.
    expect(inputs).toEqual({ name: "ollama_data" });
    expect(options).toMatchObject({
      retainOnDelete: true,
      protect: false,
      deleteBeforeReplace: false,
    });
  });

  test("the image is kept locally, and pulled where it is absent", () => {
    const { inputs, options } = graph.find("docker:RemoteImage", "ollama-image");
    expect(inputs).toEqual({
      name: REGISTRY,
      keepLocally: true,
      pullTriggers: ["absent at 2026-11-22T12:00:00.000Z"],
    });
    expect(options.ignoreChanges).toEqual([]);
  });

  test("the container has every field, mounts in place of volumes, and the image's id", () => {
    const { inputs } = graph.find("docker:Container", "ollama");
    expect(inputs).toEqual({
      name: "aistack-ollama",
      image: "sha256:1111",
      labels: [{ label: "dev.aistack.spec", value: stack.services[0]?.comparison.label }],
      envs: ["OLLAMA_KEEP_ALIVE=5m", "OLLAMA_NOHISTORY=1", "OLLAMA_NO_CLOUD=1"],
      ports: [{ internal: 11434, external: 11434, ip: "127.0.0.1", protocol: "tcp" }],
      mounts: [{ type: "volume", source: "ollama_data", target: "/root/.ollama", readOnly: false }],
      networksAdvanced: [{ name: "aistack-net", aliases: ["ollama"] }],
      restart: "unless-stopped",
      mustRun: true,
      destroyGraceSeconds: 30,
      stopTimeout: 30,
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
    });
    expect(inputs).not.toHaveProperty("volumes");
  });

  test("the container comes after what it needs, and is replaced where the provider would not change it", () => {
    expect(graph.find("docker:Container", "ollama").options).toEqual({
      protect: false,
      retainOnDelete: false,
      deleteBeforeReplace: true,
      ignoreChanges: [],
      replaceOnChanges: expect.arrayContaining(["healthcheck", "init", "tmpfs"]),
      dependencies: [
        "docker:Network aistack-net",
        "docker:RemoteImage ollama-image",
        "docker:Volume ollama_data",
      ],
      provider: "aistack-engine",
    });
  });

  test("a new container has to prove itself anew", () => {
    const { inputs, options } = graph.find("command:Command", "ollama-ready");
    expect(inputs).toEqual({
      create: "node bin/gate.cjs",
      environment: {
        GATE: "ready",
        URL: "http://127.0.0.1:11434/api/version",
        CONTAINER: "aistack-ollama",
        SECONDS_ALLOWED: "180",
        CONTAINER_ID: "ollama-id",
      },
      addPreviousOutputInEnv: false,
      logging: "stderr",
    });
    expect(options.dependencies).toEqual(["docker:Container ollama"]);
  });

  test("the model waits until its service answers, and has no delete", () => {
    const { inputs, options } = graph.find("command:Command", "model-tiny-latest");
    expect(inputs).toEqual({
      create: "node bin/ensureModel.cjs",
      environment: {
        OLLAMA_URL: "http://127.0.0.1:11434",
        MODEL_NAME: "tiny:latest",
        MODEL_SOURCE: "file:models/tiny.gguf",
        MODEL_RECORD: ".state/models/test/tiny%3Alatest.json",
        CONTAINER: "aistack-ollama",
        MODEL_SHA256: HASH,
        OBSERVED: "not observable (Ollama does not answer) at 2026-11-22T12:00:00.000Z",
      },
      addPreviousOutputInEnv: false,
      logging: "stderr",
    });
    expect(options.dependencies).toContain("command:Command ollama-ready");
    expect(options.ignoreChanges).toEqual([]);
  });

  test("the service is asked for an answer once it is ready and has its models", () => {
    const { inputs, options } = graph.find("command:Command", "ollama-answers");
    expect(inputs).toEqual({
      create: "node bin/gate.cjs",
      environment: {
        GATE: "answers",
        SERVICE: "ollama",
        CONTAINER: "aistack-ollama",
        URL: "http://127.0.0.1:11434",
        MODELS: "tiny:latest",
        CONTAINER_IDS: "ollama-id",
      },
      addPreviousOutputInEnv: false,
      logging: "stderr",
    });
    expect(options.dependencies).toEqual(
      expect.arrayContaining(["command:Command ollama-ready", "command:Command model-tiny-latest"]),
    );
  });

  test("tells where its services are, what they run and that they answer", () => {
    expect(graph.outputs).toEqual({
      endpoints: { ollama: "http://127.0.0.1:11434" },
      services: { ollama: { image: REGISTRY, digest: "sha256:2222", health: "ready" } },
      gpu: null,
      models: ["tiny:latest"],
    });
  });

  test("is the same before anything is known: nothing is made inside of an output", async () => {
    const preview = await buildGraph(stack, true);
    const shape = ({ resources }: Graph) =>
      resources.map(({ type, name, parent, options }) => ({ type, name, parent, options }));
    expect(shape(preview)).toEqual(shape(graph));
    expect(preview.outputs).toMatchObject({
      endpoints: { ollama: "http://127.0.0.1:11434" },
      models: ["tiny:latest"],
    });
  });
});

describe("a host on which all is in sync", () => {
  const plan = planMinimal(MODELS);
  const lines = [
    `image\t${REGISTRY}\t{"Id":"sha256:1111"}`,
    line("models", { models: [{ name: "tiny:latest", digest: RECORD.digest }] }),
  ];
  let graph: Graph;

  beforeAll(async () => {
    graph = await buildGraph(resolve({ plan, lines, records: { "tiny:latest": RECORD } }));
  });

  test("the model keeps what was stored of it", () => {
    const { inputs, options } = graph.find("command:Command", "model-tiny-latest");
    expect(inputs.environment).toMatchObject({ OBSERVED: "in sync" });
    expect(options.ignoreChanges).toEqual(["environment.OBSERVED"]);
  });

  test("the image that is there is not pulled, and the container runs it by its id", () => {
    const image = graph.find("docker:RemoteImage", "ollama-image");
    expect(image.inputs).toMatchObject({ name: REGISTRY, pullTriggers: ["sha256:1111"] });
    expect(image.options.ignoreChanges).toEqual(["pullTriggers"]);
    expect(graph.find("docker:Container", "ollama").inputs.image).toBe("sha256:1111");
  });
});

test("a model that was removed by hand is seen, with the time, and made again", async () => {
  const lines = [line("models", { models: [] })];
  const stack = resolve({ plan: planMinimal(MODELS), lines, records: { "tiny:latest": RECORD } });
  const { inputs, options } = (await buildGraph(stack)).find(
    "command:Command",
    "model-tiny-latest",
  );
  expect(inputs.environment).toMatchObject({ OBSERVED: "absent at 2026-11-22T12:00:00.000Z" });
  expect(options.ignoreChanges).toEqual([]);
});

test("a model that is pulled has no file's hash", async () => {
  const stack = resolve({ plan: planMinimal({ models: [{ name: "llama3.2:1b" }] }) });
  const { inputs } = (await buildGraph(stack)).find("command:Command", "model-llama3.2-1b");
  expect(inputs.environment).toEqual({
    OLLAMA_URL: "http://127.0.0.1:11434",
    MODEL_NAME: "llama3.2:1b",
    MODEL_SOURCE: "pull:llama3.2:1b",
    MODEL_RECORD: ".state/models/test/llama3.2%3A1b.json",
    CONTAINER: "aistack-ollama",
    OBSERVED: "not observable (Ollama does not answer) at 2026-11-22T12:00:00.000Z",
  });
});

test("an image that was built here has its id for a digest", async () => {
  const lines = [`image\t${BUILT}\t{"Id":"sha256:3333"}`];
  const graph = await buildGraph(resolve({ plan: planMinimal(), lines }), false, (type) =>
    type === "docker:RemoteImage"
      ? { imageId: "sha256:3333", repoDigest: "" }
      : { stdout: "ready" },
  );
  expect(graph.find("docker:RemoteImage", "ollama-image").inputs.name).toBe(BUILT);
  expect(graph.find("docker:Container", "ollama").inputs.image).toBe("sha256:3333");
  expect(graph.outputs.services).toEqual({
    ollama: { image: BUILT, digest: "sha256:3333", health: "ready" },
  });
});

test("an image that was loaded from an archive has the digest that binds it", async () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const image = { name: "aistack.invalid/loaded/x:1", built: false, id: "sha256:3333", digest };
  const stack = resolve({ plan: planMinimal() });
  const services = stack.services.map((service) => ({ ...service, image }));
  const graph = await buildGraph({ ...stack, services }, false, (type) =>
    type === "docker:RemoteImage"
      ? { imageId: "sha256:3333", repoDigest: "" }
      : { stdout: "ready" },
  );
  expect(graph.outputs.services).toEqual({
    ollama: { image: image.name, digest, health: "ready" },
  });
});

test("registries are signed in to by the path of a file, so that no credentials are in the state", async () => {
  const registries = [{ address: "registry.lan", configFile: "/root/.docker/config.json" }];
  const graph = await buildGraph(resolve({ plan: planMinimal() }), false, undefined, {
    registries,
  });
  expect(graph.find("pulumi:providers:docker", "aistack-engine").inputs).toEqual({
    host: "unix:///run/test.sock",
    registryAuth: JSON.stringify(registries),
  });
});

test.each([true, false])("protectData: %s is the volumes' alone", async (protectData) => {
  const graph = await buildGraph(resolve({ plan: planMinimal({ protectData }) }));
  const kept = graph.resources.filter(({ options }) => options.protect || options.retainOnDelete);
  expect(kept.map(({ type, options }) => [type, options.protect])).toEqual([
    ["docker:Volume", protectData],
  ]);
});

describe("profile standard-gpu with models of both providers", () => {
  const localai = { backends: ["llama-cpp", "whisper"], models: [{ name: "phi-4" }] };
  const stack = resolve({ plan: planStandard({ ...MODELS, localai }), secrets: SECRETS });
  let graph: Graph;
  const command = (name: string) => graph.find("command:Command", name);

  beforeAll(async () => {
    graph = await buildGraph(stack);
  });

  test("LocalAI's models wait for its backends, which wait for nothing but LocalAI", () => {
    const backends = ["localai-backend-llama-cpp", "localai-backend-whisper"];
    expect(command("localai-model-phi-4").options.dependencies).toEqual(
      expect.arrayContaining(backends.map((name) => `command:Command ${name}`)),
    );
    for (const name of backends) {
      const { dependencies } = command(name).options;
      expect(dependencies).toContain("command:Command localai-ready");
      expect(dependencies.filter((other) => other.includes("localai-backend"))).toEqual([]);
    }
  });

  test("Open WebUI is asked for what both providers have, once they have it", () => {
    const { inputs, options } = command("openwebui-answers");
    expect(secretOf(inputs.environment)).toMatchObject({
      MODELS: "tiny:latest",
      PROVIDER: "0",
      PROVIDER_MODELS: "phi-4",
      ADMIN_EMAIL: "admin@aistack.local",
      ADMIN_PASSWORD: SECRETS["webui-admin-password"],
    });
    expect(options.dependencies).toEqual(
      expect.arrayContaining([
        "command:Command localai-model-phi-4",
        "command:Command localai-ready",
        "command:Command model-tiny-latest",
        "command:Command ollama-ready",
        "command:Command openwebui-ready",
      ]),
    );
  });
});

test("a variable of a Compose file whose name says that it is secret, is", async () => {
  const stack = resolve({ plan: planMinimal() });
  const services = stack.services.map((service) => ({
    ...service,
    container: { ...service.container, envs: ["NOTE=plain", "HUB_TOKEN=canary"] },
  }));
  const { inputs } = (await buildGraph({ ...stack, services })).find("docker:Container", "ollama");
  // One secret in a list makes all of it one.
  expect(secretOf(inputs.envs)).toEqual(["NOTE=plain", "HUB_TOKEN=canary"]);
});

describe("two services under a prefix, one of which waits for the other", () => {
  const text = `name: aistack
networks: {net: {name: aistack-net}, back: {name: aistack-back, internal: true}}
volumes: {data: {name: data}, more: {name: more}}
services:
  web:
    container_name: aistack-web
    image: web:1
    networks: [net, back]
    ports: ["3000:80"]
    depends_on: [store]
    volumes: ["data:/data", "more:/more:ro"]
    command: [serve]
    entrypoint: [/bin/web]
    user: "1000"
    cpus: 2
    shm_size: 64m
    x-aistack: {readiness: /ready, endpoint: 80}
  store:
    container_name: aistack-store
    image: store:1
    networks: [back]
    ports: ["3001:80"]
    volumes: ["more:/more"]
    x-aistack: {readiness: /, endpoint: 80}
`;
  const project = readComposeProject([{ file: "x.yaml", text }]);
  const plan = planStack(project, settings({ namePrefix: "lab" }), { lock: {}, built: {} });
  let graph: Graph;

  beforeAll(async () => {
    graph = await buildGraph(resolve({ plan }));
  });

  test("resources go by the names in the Compose file, objects by those with the prefix", () => {
    expect(graph.list.filter((title) => title.startsWith("docker:"))).toEqual([
      "docker:Container store",
      "docker:Container web",
      "docker:Network back",
      "docker:Network net",
      "docker:RemoteImage store-image",
      "docker:RemoteImage web-image",
      "docker:Volume data",
      "docker:Volume more",
    ]);
    const names = graph.resources
      .filter(
        ({ type }) => /:(?:Container|Network|Volume)$/.test(type) && type.startsWith("docker:"),
      )
      .map(({ inputs }) => inputs.name);
    expect(names).toEqual(["lab-store", "lab-web", "lab-back", "lab-net", "lab-data", "lab-more"]);
  });

  test("optional fields are there where they are said, and only there", () => {
    const web = graph.find("docker:Container", "web").inputs;
    expect(web).toMatchObject({
      command: ["serve"],
      entrypoints: ["/bin/web"],
      user: "1000",
      cpus: "2",
      shmSize: 64,
      mounts: [
        { source: "lab-data", target: "/data", readOnly: false },
        { source: "lab-more", target: "/more", readOnly: true },
      ],
      networksAdvanced: [
        { name: "lab-net", aliases: ["web"] },
        { name: "lab-back", aliases: ["web"] },
      ],
    });
    const store = graph.find("docker:Container", "store").inputs;
    for (const field of [
      "command",
      "entrypoints",
      "user",
      "cpus",
      "shmSize",
      "memory",
      "memorySwap",
      "healthcheck",
      "capabilities",
    ])
      expect(store).not.toHaveProperty(field);
  });

  test("a container starts once what it waits for has answered", () => {
    expect(graph.find("docker:Container", "web").options.dependencies).toContain(
      "command:Command store-ready",
    );
    expect(graph.find("docker:Container", "store").options.dependencies).toEqual([
      "docker:Network back",
      "docker:RemoteImage store-image",
      "docker:Volume more",
    ]);
  });

  test("an internal network is one", () => {
    expect(graph.find("docker:Network", "back").inputs.internal).toBe(true);
    expect(graph.find("docker:Network", "net").inputs.internal).toBe(false);
  });
});
