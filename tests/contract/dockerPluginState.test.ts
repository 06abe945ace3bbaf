// State compatibility of our docker plugin: what lies in a stack's state after an update by a plugin
// on the same bridge (inputs with `__defaults`, outputs with `__meta` and the raw-state delta) must
// be taken as it is, so that a host can change between the vendor's plugin and ours. The snapshot
// was recorded from a real Docker; the second form is what the bridge wrote before it had the delta.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type * as proto from "@pulumi/pulumi/proto/provider_pb";
import messages from "@pulumi/pulumi/proto/provider_pb";
import struct from "google-protobuf/google/protobuf/struct_pb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { locateCache } from "../../cli/artifacts";
import { buildPiece } from "../../cli/engine/buildPiece";
import { FakeEngine } from "../support/provider/engine";
import { type PluginProcess, spawnPlugin } from "../support/provider/process";
import type { Properties } from "../support/provider/values";

interface Snapshot {
  readonly token: string;
  readonly id: string;
  /** What the program gives. */
  readonly args: Properties;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

const snapshots = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/dockerPluginState.json"), "utf8"),
) as Readonly<Record<"Container" | "Network" | "Volume" | "RemoteImage", Snapshot>>;

const engine = new FakeEngine();
let plugin: PluginProcess;
let client: ResourceProviderClient;

beforeAll(async () => {
  const [folder = ""] = await buildPiece("docker", locateCache(), () => undefined);
  const file = join(folder, "pulumi-resource-docker");
  plugin = await spawnPlugin(file, await engine.listen(), process.env);
  client = new ResourceProviderClient(plugin.address, credentials.createInsecure());
  const request = new messages.ConfigureRequest();
  // Neither Check nor Diff needs a Docker, and none answers here.
  const settings = { host: "tcp://127.0.0.1:1", disableDockerDaemonCheck: "true" };
  for (const [name, value] of Object.entries(settings)) {
    request.getVariablesMap().set(`docker:config:${name}`, value);
  }
  request.setArgs(toStruct(settings));
  request.setAcceptsecrets(true);
  await call((done) => client.configure(request, done));
}, 1_200_000);

afterAll(async () => {
  client?.close();
  plugin?.child.kill("SIGKILL");
  await plugin?.ended;
  engine.close();
});

function toStruct(fields: Properties): InstanceType<typeof struct.Struct> {
  return struct.Struct.fromJavaScript(fields);
}

function call<Reply>(
  send: (done: (error: ServiceError | null, reply: Reply) => void) => unknown,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    send((error, reply) => (error ? reject(new Error(error.details)) : resolve(reply)));
  });
}

/** Check, then Diff, as the engine does for a program that gives `args`. */
async function preview(old: Snapshot, args: Properties) {
  const urn = `urn:pulumi:host::aistack::${old.token}::res`;
  const check = new messages.CheckRequest();
  check.setUrn(urn);
  check.setOlds(toStruct(old.inputs));
  check.setNews(toStruct(args));
  const checked = await call<proto.CheckResponse>((done) => client.check(check, done));
  expect(checked.getFailuresList().map((failure) => failure.getReason())).toEqual([]);

  const diff = new messages.DiffRequest();
  diff.setUrn(urn);
  diff.setId(old.id);
  diff.setOlds(toStruct(old.outputs));
  diff.setOldInputs(toStruct(old.inputs));
  diff.setNews(checked.getInputs());
  const reply = await call<proto.DiffResponse>((done) => client.diff(diff, done));
  return {
    inputs: checked.getInputs()?.toJavaScript(),
    changed: reply.getChanges() !== messages.DiffResponse.DiffChanges.DIFF_NONE,
    diffs: [...new Set(reply.getDiffsList())].sort(),
    replaces: [...new Set(reply.getReplacesList())].sort(),
    deleteBeforeReplace: reply.getDeletebeforereplace(),
  };
}

/** The same state as an older bridge wrote it: no delta, nothing that is null. */
function asOlderBridge(snapshot: Snapshot): Snapshot {
  const kept = Object.entries(snapshot.outputs).filter(
    ([name, value]) => name !== "__pulumi_raw_state_delta" && value !== null,
  );
  return { ...snapshot, outputs: Object.fromEntries(kept) };
}

test.each(Object.entries(snapshots))("%s: the state is taken as it is", async (_name, snapshot) => {
  const { inputs, changed, diffs } = await preview(snapshot, snapshot.args);
  expect({ changed, diffs }).toEqual({ changed: false, diffs: [] });
  expect(inputs).toEqual(snapshot.inputs);
});

test.each(Object.entries(snapshots))("%s: an older state too", async (_name, snapshot) => {
  const older = asOlderBridge(snapshot);
  expect(Object.keys(older.outputs).length).toBeLessThan(Object.keys(snapshot.outputs).length);
  const { changed, diffs } = await preview(older, snapshot.args);
  expect({ changed, diffs }).toEqual({ changed: false, diffs: [] });
});

test("another image replaces the container, the old one going first", async () => {
  const { Container } = snapshots;
  const found = await preview(Container, { ...Container.args, image: `sha256:${"0".repeat(64)}` });
  expect(found).toMatchObject({
    changed: true,
    diffs: ["image"],
    replaces: ["image"],
    deleteBeforeReplace: true,
  });
});

test("a healthcheck that comes replaces the container, an edit inside it does not", async () => {
  const { Container } = snapshots;
  const { healthcheck, ...others } = Container.args;
  const { healthcheck: _checked, ...inputs } = Container.inputs;
  const { healthcheck: _stored, ...outputs } = Container.outputs;
  const without = { ...Container, args: others, inputs, outputs };
  expect(await preview(without, Container.args)).toMatchObject({ replaces: ["healthcheck"] });

  // The provider then changes nothing: components/ names healthcheck in replaceOnChanges for that.
  const edited = { ...(healthcheck as Properties), retries: 5 };
  const found = await preview(Container, { ...Container.args, healthcheck: edited });
  expect(found).toMatchObject({ changed: true, diffs: ["healthcheck"], replaces: [] });
});

test("labels replace a volume", async () => {
  const { Volume } = snapshots;
  const found = await preview(Volume, { ...Volume.args, labels: [{ label: "a", value: "b" }] });
  expect(found).toMatchObject({ changed: true, replaces: ["labels"] });
});

test("a container without a name gets one with a random suffix", async () => {
  const { name: _name, ...args } = snapshots.Container.args;
  const first = { ...snapshots.Container, inputs: {} };
  const { inputs } = await preview(first, args);
  expect(inputs?.name).toMatch(/^res-[0-9a-f]{7}$/);
});

test("inputs of the right types are accepted in silence, a wrong one is named", async () => {
  engine.log.length = 0;
  for (const snapshot of Object.values(snapshots)) await preview(snapshot, snapshot.args);
  expect(engine.messages("warning")).toEqual([]);
  const { Network } = snapshots;
  await preview(Network, { ...Network.args, internal: "no boolean" }).catch(() => undefined);
  expect(engine.messages("warning").join("\n")).toContain(
    'Unexpected type at field "internal": \n           expected boolean type, got "no boolean" of type string',
  );
});
