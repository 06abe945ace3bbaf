import { describe, expect, test } from "vitest";
import { describeChanges, describeDrift } from "../../plan/differences";
import { compareContainer, compareNetwork } from "../../plan/drift";
import type { HostFacts } from "../../plan/hostFacts";
import { planImage } from "../../plan/images";
import type { StackPlan } from "../../plan/plan";
import { type ModelRecord, modelOrigin, modelRecordName, resolveStack } from "../../plan/resolve";
import { EMPTY_RECORD, type StackRecord } from "../../plan/stackRecord";
import { hostFacts, inspected, line } from "../support/plan/hostOutput";
import { BUILT, planMinimal, planStandard } from "../support/plan/stack";

const NOW = new Date("2026-11-22T12:00:00.000Z");
const REGISTRY = "ollama/ollama:0.34.3";
const HASH = "f".repeat(64);

interface Given {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly facts?: HostFacts;
  readonly records?: Readonly<Record<string, ModelRecord>>;
  readonly fileHashes?: Readonly<Record<string, string>>;
  readonly record?: StackRecord;
  readonly plan?: StackPlan;
}

const resolved = ({
  config = {},
  facts = hostFacts(),
  records = {},
  fileHashes = {},
  record,
  plan = planMinimal(config),
}: Given = {}) =>
  resolveStack({
    plan,
    facts,
    fileHashes,
    records,
    recordFolder: ".state/models/x",
    secrets: {},
    now: NOW,
    record,
  });

test("what the host does not decide is the plan's", () => {
  const plan = planMinimal({ protectData: true });
  const stack = resolved({ config: { protectData: true } });
  expect(stack).toMatchObject({
    profile: "minimal",
    volumes: plan.volumes,
    models: [],
    modelService: "ollama",
    now: NOW,
    protectData: true,
  });
  expect(stack.services).toHaveLength(1);
  expect(stack.services[0]).toMatchObject({
    name: "ollama",
    container: plan.services[0]?.container,
    dependsOn: [],
    endpoint: "http://127.0.0.1:11434",
    readinessUrl: "http://127.0.0.1:11434/api/version",
  });
  expect(stack.networks[0]).toMatchObject(plan.networks[0] ?? {});
});

describe("the image", () => {
  test.each([
    ["to be pulled", [], { name: REGISTRY, built: false, id: undefined }],
    [
      "of the registry",
      [
        [REGISTRY, "i1"],
        [BUILT, "i2"],
      ],
      { name: REGISTRY, built: false, id: "i1" },
    ],
    ["built here", [[BUILT, "i2"]], { name: BUILT, built: true, id: "i2" }],
  ])("%s", (_what, present, image) => {
    const lines = present.map(([name, id]) => `image\t${name}\t{"Id":"${id}"}`);
    const stack = resolved({ facts: hostFacts(...lines) });
    expect(stack.services[0]?.image).toEqual(image);
  });
});

test("an image that was loaded from an archive has the digest that binds it, and its reference for a name", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const plan = planMinimal();
  const [service] = plan.services;
  if (service === undefined) throw new Error("the plan is empty");
  const names = { lock: { [REGISTRY]: digest }, built: {} };
  const image = planImage("ollama", REGISTRY, "archive", names);
  const facts = hostFacts(`image\t${image.loadedName}\t{"Id":"sha256:bbbb"}`);
  const resolvedStack = resolveStack({
    plan: { ...plan, services: [{ ...service, image }] },
    facts,
    fileHashes: {},
    records: {},
    recordFolder: "",
    secrets: {},
    now: NOW,
  });
  expect(resolvedStack.services[0]?.image).toEqual({
    name: image.loadedName,
    built: false,
    id: "sha256:bbbb",
    digest,
  });
  const identity = { name: REGISTRY, id: "sha256:bbbb", pinned: true };
  expect(resolvedStack.services[0]?.comparison).toEqual(
    compareContainer(service.container, identity, facts, NOW, {}),
  );
});

test("containers and networks are compared with what is seen", () => {
  const facts = hostFacts(
    `image\t${REGISTRY}\t{"Id":"sha256:bbbb"}`,
    `container\taistack-ollama\t${JSON.stringify(inspected())}`,
  );
  const [service] = planMinimal().services;
  const [network] = planMinimal().networks;
  if (service === undefined || network === undefined) throw new Error("the plan is empty");
  const stack = resolved({ facts });
  expect(stack.services[0]?.comparison).toEqual(
    compareContainer(service.container, { name: REGISTRY, id: "sha256:bbbb" }, facts, NOW, {}),
  );
  expect(stack.networks[0]?.comparison).toEqual(compareNetwork(network, facts, NOW));
});

describe("a model", () => {
  const FILE = { name: "tiny", from: "file:models/tiny.gguf" };
  const FILES = { "models/tiny.gguf": HASH };
  const RECORD = { origin: `sha256:${HASH}`, digest: "d1d1d1d1d1d1d1d1" };
  const seen = (models: Record<string, string>) =>
    hostFacts(
      line("models", {
        models: Object.entries(models).map(([name, digest]) => ({ name, digest })),
      }),
    );
  const model = (given: Given) =>
    resolved({ config: { models: [FILE] }, fileHashes: FILES, ...given }).models[0];
  const AT = "at 2026-11-22T12:00:00.000Z";

  test("made of a file, in full", () => {
    expect(
      model({ facts: seen({ "tiny:latest": RECORD.digest }), records: { "tiny:latest": RECORD } }),
    ).toStrictEqual({
      resourceName: "model-tiny-latest",
      name: "tiny:latest",
      source: "file:models/tiny.gguf",
      sha256: HASH,
      ollamaUrl: "http://127.0.0.1:11434",
      container: "aistack-ollama",
      recordFile: ".state/models/x/tiny%3Alatest.json",
      inSync: true,
      drift: [],
      observed: "in sync",
    });
  });

  test("pulled, in full", () => {
    const records = { "hf.co/u/r:Q4": { origin: "pull:hf.co/u/r:Q4", digest: "d1" } };
    expect(
      model({
        config: { models: [{ name: "hf.co/u/r:Q4" }] },
        facts: seen({ "hf.co/u/r:Q4": "d1" }),
        records,
      }),
    ).toStrictEqual({
      resourceName: "model-hf.co/u/r-Q4",
      name: "hf.co/u/r:Q4",
      source: "pull:hf.co/u/r:Q4",
      sha256: undefined,
      ollamaUrl: "http://127.0.0.1:11434",
      container: "aistack-ollama",
      recordFile: ".state/models/x/hf.co%2Fu%2Fr%3AQ4.json",
      inSync: true,
      drift: [],
      observed: "in sync",
    });
  });

  test.each<[string, Given, string, string[]]>([
    [
      "on a host where Ollama does not answer yet",
      {},
      "not observable (Ollama does not answer)",
      [],
    ],
    [
      "made before, Ollama does not answer now",
      { records: { "tiny:latest": RECORD } },
      "not observable (Ollama does not answer)",
      ["is not observable (Ollama does not answer)"],
    ],
    ["never made", { facts: seen({}) }, "absent", []],
    [
      "removed by hand",
      { facts: seen({ other: "x" }), records: { "tiny:latest": RECORD } },
      "absent",
      ["is absent"],
    ],
    [
      "there, but not remembered",
      { facts: seen({ "tiny:latest": RECORD.digest }) },
      "present, never checked",
      [],
    ],
    [
      "replaced by hand",
      { facts: seen({ "tiny:latest": "e1e1e1e1e1e1e1e1" }), records: { "tiny:latest": RECORD } },
      "different (e1e1e1e1e1e1)",
      ["is different (e1e1e1e1e1e1)"],
    ],
    [
      "made of another file",
      {
        facts: seen({ "tiny:latest": RECORD.digest }),
        records: { "tiny:latest": { ...RECORD, origin: `sha256:${"0".repeat(64)}` } },
      },
      "different (d1d1d1d1d1d1)",
      [],
    ],
    [
      "pulled before, made of a file now",
      {
        facts: seen({ "tiny:latest": RECORD.digest }),
        records: { "tiny:latest": { ...RECORD, origin: "pull:tiny:latest" } },
      },
      "different (d1d1d1d1d1d1)",
      [],
    ],
    [
      "of the same name without its tag",
      { facts: seen({ tiny: RECORD.digest }), records: { "tiny:latest": RECORD } },
      "absent",
      ["is absent"],
    ],
  ])("%s", (_what, given, observed, drift) => {
    expect(model(given)).toMatchObject({ inSync: false, observed: `${observed} ${AT}`, drift });
  });

  test("is reached where the service is", () => {
    expect(model({ config: { models: [{ name: "a" }], ports: { ollama: 1234 } } })?.ollamaUrl).toBe(
      "http://127.0.0.1:1234",
    );
  });

  test("its resource is named after it, and no two of a stack the same", () => {
    const models = ["a/b", "a-b", "a_b", "a.b:1", "a.b:2"].map((name) => ({ name }));
    const names = resolved({ config: { models } }).models.map(({ resourceName }) => resourceName);
    expect(names).toEqual([
      "model-a/b-latest",
      "model-a-b-latest",
      "model-a_b-latest",
      "model-a.b-1",
      "model-a.b-2",
    ]);
  });

  test("two whose names differ in a sign alone are two resources, and the first keeps its name", () => {
    const models = ["a-b", "a:b-latest"].map((name) => ({ name }));
    const names = resolved({ config: { models } }).models.map(({ resourceName }) => resourceName);
    expect(names).toEqual(["model-a-b-latest", "model-a-b-latest-78013f5a"]);
  });
});

test("an origin is the file's hash or the pulled reference", () => {
  expect(modelOrigin({ name: "a:1", source: { kind: "file", path: "p" } }, { p: "123" })).toBe(
    "sha256:123",
  );
  expect(modelOrigin({ name: "a:1", source: { kind: "pull", reference: "b:2" } }, {})).toBe(
    "pull:b:2",
  );
});

test.each([
  ["tiny:latest", "tiny%3Alatest.json"],
  ["hf.co/a/b:1", "hf.co%2Fa%2Fb%3A1.json"],
])("%s is remembered in %s", (name, file) => {
  expect(modelRecordName(name)).toBe(file);
});

describe("what drifted, in lines", () => {
  const container = (status: string, changes: Record<string, object> = {}) => {
    const label = {
      Labels: { "dev.aistack.spec": resolved().services[0]?.comparison.label.split(" ")[0] },
    };
    const [service] = planMinimal().services;
    const fields = inspected({
      State: { Status: status },
      Config: { Env: service?.container.envs, ...label },
      HostConfig: { NanoCpus: 0 },
      ...changes,
    });
    return `container\taistack-ollama\t${JSON.stringify(fields)}`;
  };
  const network = (internal: boolean) => {
    const label = resolved().networks[0]?.comparison.label.split(" ")[0];
    return `network\taistack-net\t${JSON.stringify({ Id: "net1", Driver: "bridge", Internal: internal, Labels: { "dev.aistack.spec": label } })}`;
  };

  test("a new host has not drifted, though everything is missing, models too", () => {
    const records = { "tiny:latest": { origin: "pull:tiny:latest", digest: "d" } };
    expect(describeDrift(resolved({ config: { models: [{ name: "tiny" }] }, records }))).toEqual(
      [],
    );
  });

  test("a host as declared has not", () => {
    expect(
      describeDrift(resolved({ facts: hostFacts(container("running"), network(false)) })),
    ).toEqual([]);
  });

  test("every difference is a line", () => {
    const records = { "tiny:latest": { origin: "pull:tiny:latest", digest: "d" } };
    const facts = hostFacts(container("exited"), network(true), line("models", { models: [] }));
    expect(
      describeDrift(resolved({ config: { models: [{ name: "tiny" }] }, records, facts })),
    ).toEqual([
      "network aistack-net internal is true, not false",
      "container aistack-ollama is stopped (exited)",
      "model tiny:latest is absent",
    ]);
  });

  test("a container that is missing beside a network that is there", () => {
    expect(describeDrift(resolved({ facts: hostFacts(network(false)) }))).toEqual([
      "container aistack-ollama is missing",
    ]);
  });

  describe("where the state tells what was made", () => {
    const made = (...names: string[]): StackRecord => ({
      ...EMPTY_RECORD,
      objects: names.map((name) => ({
        kind: name.endsWith("-net") ? "network" : "container",
        name,
        id: name,
        current: true,
      })),
    });

    test("a service that was just added is a change and no drift", () => {
      const facts = hostFacts(container("running"), network(false));
      const plan = planStandard({ services: ["ollama", "localai"] });
      const stack = resolved({ plan, facts, record: made("aistack-ollama", "aistack-net") });
      expect(describeDrift(stack)).toEqual([]);
      expect(describeChanges(stack, facts)).toContain("container aistack-localai is to be made");
    });

    test("what is missing of it is drift and no change, even if it is all", () => {
      const stack = resolved({ record: made("aistack-ollama", "aistack-net") });
      expect(describeDrift(stack)).toEqual([
        "network aistack-net is missing",
        "container aistack-ollama is missing",
      ]);
      expect(describeChanges(stack, hostFacts())).toEqual([]);
    });

    test("drift and an addition side by side are told apart", () => {
      const facts = hostFacts(network(false));
      const plan = planStandard({ services: ["ollama", "localai"] });
      const stack = resolved({ plan, facts, record: made("aistack-ollama", "aistack-net") });
      expect(describeDrift(stack)).toEqual(["container aistack-ollama is missing"]);
      expect(describeChanges(stack, facts)).toEqual(["container aistack-localai is to be made"]);
    });

    test("nothing was made, or it was destroyed", () => {
      expect(describeDrift(resolved({ record: EMPTY_RECORD }))).toEqual([]);
    });
  });
});

describe("volumes of services that the stack had", () => {
  const NARROW = { services: ["ollama"] };
  const keys = (config: object, record?: StackRecord) =>
    resolved({
      plan: planStandard({ ...NARROW, ...config }),
      ...(record === undefined ? {} : { record }),
    }).volumes.map(({ key }) => key);
  const widely = { ...EMPTY_RECORD, volumes: ["openwebui_data", "ollama_data"] };

  test.each([true, false])(
    "stay in it after a narrower profile, with protectData: %s",
    (protectData) => {
      expect(keys({ protectData }, widely)).toEqual(["ollama_data", "openwebui_data"]);
    },
  );

  test("are none that it never had", () => {
    expect(keys({ protectData: true }, { ...EMPTY_RECORD, volumes: ["ollama_data"] })).toEqual([
      "ollama_data",
    ]);
  });

  test("are all that there could be where the state cannot be read and they are protected", () => {
    expect(keys({})).toEqual(["ollama_data"]);
    expect(keys({ protectData: true })).toEqual([
      "ollama_data",
      "openwebui_data",
      "localai_models",
      "localai_backends",
      "localai_configuration",
      "localai_data",
    ]);
  });
});
