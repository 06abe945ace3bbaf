import * as pulumi from "@pulumi/pulumi";
import type { SignedInRegistry } from "../../../host/dockerConfig";
import type { ResolvedHostBaseline } from "../../../plan/hostBaseline";
import type { ResolvedHostLayer } from "../../../plan/hostDrift";
import type { ResolvedStack } from "../../../plan/resolve";

/** A resource as the program asked the engine for it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** `type name` of the parent; empty for what has none */
  readonly parent: string;
  readonly options: {
    readonly protect: boolean;
    readonly retainOnDelete: boolean;
    readonly deleteBeforeReplace: boolean;
    readonly ignoreChanges: readonly string[];
    readonly replaceOnChanges: readonly string[];
    /** names of the resources it waits for, those whose outputs it uses included; sorted */
    readonly dependencies: readonly string[];
    /** name of the provider's resource */
    readonly provider: string;
  };
}

export interface GraphOptions {
  /** what is on the host beside containers */
  readonly hostLayer?: ResolvedHostLayer;
  /** account and folders of a host that has no more than them */
  readonly hostBaseline?: ResolvedHostBaseline;
  readonly registries?: readonly SignedInRegistry[];
}

/** In the place of the probe, which is long. */
export const GPU_PROBE = "echo probed";

/** What an engine under test answers for a resource. */
export type Answer = (type: string, name: string) => Readonly<Record<string, unknown>>;

/** Values that no test of a graph may find outside of a secret. */
export const SECRETS = {
  "webui-secret-key": "canary-secret-key",
  "webui-admin-password": "canary-password",
  "localai-api-key": "canary-api-key",
} as const;

export interface Graph {
  /** in the order of their names, since registration is asynchronous */
  readonly resources: readonly Registered[];
  find(type: string, name: string): Registered;
  /** `type name` of each */
  readonly list: readonly string[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** As much of the request to the engine as Pulumi's mocks leave out of what they show. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getDeletebeforereplace(): boolean;
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getDependenciesList(): string[];
  getProvider(): string;
}

interface Monitor {
  registerResource(request: RegisterRequest, callback: unknown): Promise<void>;
}

/** Short for a token: `docker:index/container:Container` → `docker:Container`. */
const shortType = (type: string) => type.replace(/:index(?:\/\w+)?:/, ":").replace("local:", "");

const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

const titleOf = (urn: string) => {
  const type = urn.split("::").at(-2)?.split("$").at(-1) ?? "";
  return urn === "" ? "" : `${shortType(type)} ${nameOf(urn)}`;
};

/** As an engine answers that has pulled the image and started the container. */
const pulledAndRunning: Answer = (type) => {
  if (type === "docker:RemoteImage")
    return { imageId: "sha256:1111", repoDigest: "ollama/ollama@sha256:2222" };
  return type === "command:Command" ? { stdout: "ready" } : {};
};

/**
 * Builds the stack's component against an engine that answers everything.
 * @param preview true: nothing that only an engine knows is known, as in the first preview
 * @param hostLayer what is on the host beside containers
 */
export async function buildGraph(
  resolved: ResolvedStack,
  preview = false,
  answer: Answer = pulledAndRunning,
  { registries = [], hostLayer, hostBaseline }: GraphOptions = {},
): Promise<Graph> {
  const registered: Registered[] = [];
  const inputs = new Map<string, Readonly<Record<string, unknown>>>();
  await pulumi.runtime.setMocks(
    {
      call: () => {
        throw new Error("the components call no functions of providers");
      },
      newResource: ({ type, name, inputs: given }) => {
        const title = `${shortType(type)} ${name}`;
        if (inputs.has(title)) throw new Error(`${title} is made twice`);
        inputs.set(title, given);
        if (preview) return { id: undefined, state: {} };
        return { id: `${name}-id`, state: { ...given, ...answer(shortType(type), name) } };
      },
    },
    "aistack",
    "test",
    preview,
  );
  // Mocks show a resource's inputs alone. The options are in the request they answer.
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  const requests: RegisterRequest[] = [];
  monitor.registerResource = (request, callback) => {
    requests.push(request);
    return register(request, callback);
  };

  // Only once the mocks are set: the SDK keeps what it finds at import.
  const { AiStack } = await import("../../../components/aiStack");
  const stack = new AiStack("aistack", {
    resolved,
    access: { dockerHost: "unix:///run/test.sock", ssh: undefined, sshOptions: undefined },
    secrets: SECRETS,
    gpuProbe: GPU_PROBE,
    registries,
    hostLayer,
    hostBaseline,
  });
  const outputs = await valuesOf({
    endpoints: stack.endpoints,
    services: stack.services,
    gpu: stack.gpu,
    models: stack.models,
  });
  await pulumi.runtime.disconnect();

  for (const request of requests) {
    const type = shortType(request.getType());
    const name = request.getName();
    registered.push({
      type,
      name,
      inputs: inputs.get(`${type} ${name}`) ?? {},
      parent: titleOf(request.getParent()),
      options: {
        protect: request.getProtect() ?? false,
        retainOnDelete: request.getRetainondelete() ?? false,
        deleteBeforeReplace: request.getDeletebeforereplace(),
        ignoreChanges: request.getIgnorechangesList(),
        replaceOnChanges: request.getReplaceonchangesList(),
        dependencies: request.getDependenciesList().map(titleOf).sort(),
        provider: nameOf(request.getProvider().split("::").slice(0, -1).join("::")),
      },
    });
  }
  const title = ({ type, name }: Registered) => `${type} ${name}`;
  const resources = registered.sort((one, other) => (title(one) < title(other) ? -1 : 1));
  return {
    resources,
    list: resources.map(title),
    outputs,
    find: (type, name) => {
      const found = resources.find((resource) => resource.type === type && resource.name === name);
      if (found === undefined) throw new Error(`there is no ${type} ${name}`);
      return found;
    },
  };
}

/** The value of each output; undefined where a preview cannot know it. */
async function valuesOf(
  outputs: Readonly<Record<string, pulumi.Output<unknown>>>,
): Promise<Record<string, unknown>> {
  const entries = Object.entries(outputs).map(async ([key, output]) => {
    // The two that pulumi's own programs read an output with; its types leave them out.
    const { promise, isKnown } = output as unknown as {
      promise(): Promise<unknown>;
      isKnown: Promise<boolean>;
    };
    const value = await promise.call(output);
    return [key, (await isKnown) ? value : undefined];
  });
  return Object.fromEntries(await Promise.all(entries));
}
