import { credentials, type ServiceError } from "@grpc/grpc-js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type * as proto from "@pulumi/pulumi/proto/provider_pb";
import messages from "@pulumi/pulumi/proto/provider_pb";
import empty from "google-protobuf/google/protobuf/empty_pb";
import struct from "google-protobuf/google/protobuf/struct_pb";
import { commandPluginPath } from "./commandPluginPath";
import { FakeEngine, type LogLine } from "./engine";
import { isAlive, type PluginProcess, spawnPlugin } from "./process";
import { normaliseAll, type Properties } from "./values";

export interface Resource {
  id: string;
  inputs: Properties;
  state: Properties;
}

export interface Difference {
  changed: boolean;
  /** Top-level properties that differ, sorted. */
  diffs: string[];
  /** Those of them that ask for a replacement, sorted. */
  replaces: string[];
}

export interface Failure {
  property: string;
  reason: string;
}

export interface Options {
  timeoutSeconds?: number;
  preview?: boolean;
}

type Callback<Reply> = (error: ServiceError | null, reply: Reply) => void;

/** A running command plugin, driven over the protocol that the engine speaks. */
export class Plugin {
  readonly #client: ResourceProviderClient;

  private constructor(
    readonly process: PluginProcess,
    readonly engine: FakeEngine,
  ) {
    this.#client = new ResourceProviderClient(process.address, credentials.createInsecure());
  }

  static async start(env: NodeJS.ProcessEnv = process.env): Promise<Plugin> {
    const engine = new FakeEngine();
    const address = await engine.listen();
    const plugin = new Plugin(await spawnPlugin(await commandPluginPath(), address, env), engine);
    const request = new messages.ConfigureRequest();
    request.setArgs(toStruct({}));
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    request.setSendsOldInputs(true);
    request.setSendsOldInputsToDelete(true);
    await plugin.#call((done) => plugin.#client.configure(request, done));
    return plugin;
  }

  async version(): Promise<string> {
    const reply = await this.#call<PluginInfo>((done) =>
      this.#client.getPluginInfo(new empty.Empty(), done),
    );
    return reply.getVersion();
  }

  async schema(): Promise<{ [key: string]: unknown }> {
    const reply = await this.#call<proto.GetSchemaResponse>((done) =>
      this.#client.getSchema(new messages.GetSchemaRequest(), done),
    );
    return JSON.parse(reply.getSchema());
  }

  async check(
    type: string,
    inputs: Properties,
  ): Promise<{ inputs: Properties; failures: Failure[] }> {
    const request = new messages.CheckRequest();
    request.setUrn(urn(type));
    request.setOlds(toStruct({}));
    request.setNews(toStruct(inputs));
    const reply = await this.#call<proto.CheckResponse>((done) =>
      this.#client.check(request, done),
    );
    return {
      inputs: fromStruct(reply.getInputs()),
      failures: reply
        .getFailuresList()
        .map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() })),
    };
  }

  /** Check and Create, as the engine does. */
  async create(type: string, args: Properties, options: Options = {}): Promise<Resource> {
    const inputs = await this.#checked(type, args);
    const request = new messages.CreateRequest();
    request.setUrn(urn(type));
    request.setProperties(toStruct(inputs));
    request.setTimeout(options.timeoutSeconds ?? 0);
    request.setPreview(options.preview ?? false);
    const reply = await this.#call<proto.CreateResponse>((done) =>
      this.#client.create(request, done),
    );
    return { id: reply.getId(), inputs, state: fromStruct(reply.getProperties()) };
  }

  async diff(type: string, old: Resource, args: Properties): Promise<Difference> {
    const request = new messages.DiffRequest();
    request.setUrn(urn(type));
    request.setId(old.id);
    request.setOlds(toStruct(old.state));
    request.setOldInputs(toStruct(old.inputs));
    request.setNews(toStruct(await this.#checked(type, args)));
    const reply = await this.#call<proto.DiffResponse>((done) => this.#client.diff(request, done));
    return {
      changed: reply.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME,
      diffs: reply.getDiffsList().sort(),
      replaces: reply.getReplacesList().sort(),
    };
  }

  /** Check and Update, as the engine does. */
  async update(
    type: string,
    old: Resource,
    args: Properties,
    options: Options = {},
  ): Promise<Resource> {
    const inputs = await this.#checked(type, args);
    const request = new messages.UpdateRequest();
    request.setUrn(urn(type));
    request.setId(old.id);
    request.setOlds(toStruct(old.state));
    request.setOldInputs(toStruct(old.inputs));
    request.setNews(toStruct(inputs));
    request.setTimeout(options.timeoutSeconds ?? 0);
    request.setPreview(options.preview ?? false);
    const reply = await this.#call<proto.UpdateResponse>((done) =>
      this.#client.update(request, done),
    );
    return { id: old.id, inputs, state: fromStruct(reply.getProperties()) };
  }

  async delete(type: string, old: Resource, options: Options = {}): Promise<void> {
    const request = new messages.DeleteRequest();
    request.setUrn(urn(type));
    request.setId(old.id);
    request.setProperties(toStruct(old.state));
    request.setOldInputs(toStruct(old.inputs));
    request.setTimeout(options.timeoutSeconds ?? 0);
    await this.#call((done) => this.#client.delete(request, done));
  }

  async read(type: string, old: Resource): Promise<Resource> {
    const request = new messages.ReadRequest();
    request.setUrn(urn(type));
    request.setId(old.id);
    request.setProperties(toStruct(old.state));
    request.setInputs(toStruct(old.inputs));
    const reply = await this.#call<proto.ReadResponse>((done) => this.#client.read(request, done));
    return {
      id: reply.getId(),
      inputs: fromStruct(reply.getInputs()),
      state: fromStruct(reply.getProperties()),
    };
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    const request = new messages.InvokeRequest();
    request.setTok(`command:${token}`);
    request.setArgs(toStruct(args));
    const reply = await this.#call<proto.InvokeResponse>((done) =>
      this.#client.invoke(request, done),
    );
    const failures = reply.getFailuresList();
    if (failures.length > 0) {
      throw new Error(failures.map((f) => `${f.getProperty()}: ${f.getReason()}`).join("\n"));
    }
    return fromStruct(reply.getReturn());
  }

  async cancel(): Promise<void> {
    await this.#call((done) => this.#client.cancel(new empty.Empty(), done));
  }

  /** What a command printed, as the user sees it while it runs. */
  shown(): LogLine[] {
    return this.engine.log.filter((line) => line.severity === "info");
  }

  async stop(): Promise<void> {
    this.#client.close();
    const pid = this.process.child.pid;
    if (pid !== undefined && isAlive(pid)) {
      this.process.child.kill("SIGKILL");
    }
    await this.process.ended;
    this.engine.close();
  }

  async #checked(type: string, args: Properties): Promise<Properties> {
    const { inputs, failures } = await this.check(type, args);
    if (failures.length > 0) {
      throw new Error(failures.map((f) => `${f.property}: ${f.reason}`).join("\n"));
    }
    return inputs;
  }

  async #call<Reply>(send: (done: Callback<Reply>) => unknown): Promise<Reply> {
    return new Promise((resolve, reject) => {
      // The status code says nothing ("unknown"); what the user reads is the message.
      send((error, reply) => (error ? reject(new Error(error.details)) : resolve(reply)));
    });
  }
}

export function urn(type: string): string {
  return `urn:pulumi:test::aistack::command:${type}::res`;
}

type Struct = InstanceType<typeof struct.Struct>;

function toStruct(fields: Properties): Struct {
  return struct.Struct.fromJavaScript(fields);
}

function fromStruct(message: Struct | undefined): Properties {
  return message ? normaliseAll(message.toJavaScript()) : {};
}
