import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { type LocalaiSpec, resolveLocalai } from "../../plan/localaiModels";

const KEY = "canary-api-key";

/** How Pulumi's protocol marks a value as a secret. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Whatever runs LocalAI. */
class Service extends pulumi.CustomResource {}

interface Registration {
  getType(): string;
  getIgnorechangesList(): string[];
  getDependenciesList(): string[];
}

/** Registers the component of one model, and returns what the engine gets of its command. */
async function register(spec: LocalaiSpec, models: readonly string[], variant?: string) {
  const inputs: Record<string, Record<string, unknown>> = {};
  await pulumi.runtime.setMocks({
    call: () => {
      throw new Error("the component calls no functions of providers");
    },
    newResource: ({ type, name, inputs: given }) => {
      inputs[type] = given;
      return { id: `${name}-id`, state: given };
    },
  });
  // Mocks show a resource's inputs alone. The options are in the request they answer.
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: Registration, callback: unknown): Promise<void>;
  };
  const answer = monitor.registerResource.bind(monitor);
  const requests: Registration[] = [];
  monitor.registerResource = (request, callback) => {
    requests.push(request);
    return answer(request, callback);
  };
  const [model] = resolveLocalai({
    specs: [spec],
    variant,
    facts: { models, backends: [], builds: {} },
    records: {},
    url: "http://127.0.0.1:8080",
    container: "aistack-localai",
    recordFolder: ".state/localai/test",
    now: new Date("2026-11-25T12:00:00.000Z"),
  });
  if (model === undefined) throw new Error("nothing was resolved");
  const { LocalaiModel } = await import("../../components/localaiModel");
  const service = new Service("test:index:Service", "localai");
  const component = new LocalaiModel(model.resourceName, {
    model,
    after: [service],
    access: { dockerHost: "unix:///run/test.sock", ssh: undefined, sshOptions: undefined },
    apiKey: KEY,
  });
  const name = await (component.name as unknown as { promise(): Promise<string> }).promise();
  await pulumi.runtime.disconnect();
  const command = requests.find((request) => request.getType() === "command:local:Command");
  return { name, inputs, command, resourceName: model.resourceName };
}

test("a new model: a command that gets its key as a secret, after the service", async () => {
  const { name, inputs, command, resourceName } = await register(
    { kind: "model", name: "mine", from: "oci://registry.example.org/mine:1" },
    [],
  );
  expect([name, resourceName]).toEqual(["mine", "localai-model-mine"]);
  expect(inputs["aistack:index:LocalaiModel"]).toEqual({ model: "mine" });
  const { environment, ...rest } = inputs["command:local:Command"] ?? {};
  expect(rest).toEqual({
    create: "node bin/ensureLocalai.cjs",
    addPreviousOutputInEnv: false,
    logging: "stderr",
  });
  // One secret value makes the whole of it one.
  const { [SECRET_MARK]: mark, value } = environment as Record<string, unknown>;
  expect(mark).toBe(SECRET);
  expect(value).toEqual({
    LOCALAI_URL: "http://127.0.0.1:8080",
    LOCALAI_API_KEY: KEY,
    LOCALAI_KIND: "model",
    LOCALAI_NAME: "mine",
    LOCALAI_FROM: "oci://registry.example.org/mine:1",
    LOCALAI_RECORD: ".state/localai/test/model-mine.json",
    CONTAINER: "aistack-localai",
    OBSERVED: "absent at 2026-11-25T12:00:00.000Z",
  });
  expect(command?.getIgnorechangesList()).toEqual([]);
  expect(command?.getDependenciesList().map((urn) => urn.split("::").at(-1))).toEqual(["localai"]);
});

test("a model that is there: its marker is ignored, so the preview is empty", async () => {
  const { command } = await register({ kind: "model", name: "mine", from: undefined }, ["mine"]);
  expect(command?.getIgnorechangesList()).toEqual(["environment.OBSERVED"]);
});

test("a backend is told as one", async () => {
  const { inputs, resourceName } = await register(
    { kind: "backend", name: "llama-cpp", from: undefined },
    [],
  );
  expect(resourceName).toBe("localai-backend-llama-cpp");
  expect(inputs["aistack:index:LocalaiModel"]).toEqual({ backend: "llama-cpp" });
});

test.each([undefined, "nvidia-cuda-12"])("a backend for %s, which no model is", async (variant) => {
  const environmentOf = async (kind: LocalaiSpec["kind"]) => {
    const { inputs } = await register({ kind, name: "a", from: undefined }, [], variant);
    const { environment } = inputs["command:local:Command"] ?? {};
    return (environment as { value: Record<string, unknown> }).value;
  };
  // Absent on the CPU, so that stacks of earlier versions have nothing to change.
  const expected = variant === undefined ? {} : { LOCALAI_VARIANT: variant };
  const variantOf = ({ LOCALAI_VARIANT: value }: Record<string, unknown>) =>
    value === undefined ? {} : { LOCALAI_VARIANT: value };
  expect(variantOf(await environmentOf("backend"))).toEqual(expected);
  expect(variantOf(await environmentOf("model"))).toEqual({});
});
