import { expect, test } from "vitest";
import { EMPTY_RECORD, parseCheckpoint } from "../../plan/stackRecord";

const urn = (type: string, name: string) =>
  `urn:pulumi:lab::aistack::aistack:index:AiStack$${type}::${name}`;
const CONTAINER = "docker:index/container:Container";
const NETWORK = "docker:index/network:Network";

const container = (id: string, more: object = {}) => ({
  urn: urn(CONTAINER, "ollama"),
  custom: true,
  id,
  type: CONTAINER,
  inputs: { name: "aistack-ollama", labels: [{ label: "dev.aistack.spec", value: "0123" }] },
  ...more,
});

/** As Pulumi 3.259 writes it. */
const checkpoint = (latest: object | undefined) => ({
  version: 3,
  checkpoint: { stack: "organization/aistack/lab", ...(latest === undefined ? {} : { latest }) },
});

test("a stack that was never updated has made nothing", () => {
  expect(parseCheckpoint(checkpoint(undefined))).toEqual(EMPTY_RECORD);
  expect(parseCheckpoint(checkpoint({ manifest: {} }))).toEqual(EMPTY_RECORD);
});

test("containers, networks and volumes are those of the state", () => {
  const resources = [
    { urn: urn("pulumi:pulumi:Stack", "aistack-lab"), custom: false, type: "pulumi:pulumi:Stack" },
    {
      urn: urn(NETWORK, "aistack-net"),
      id: "n1",
      type: NETWORK,
      inputs: { name: "lab-net" },
      outputs: { name: "lab-net" },
    },
    container("c1"),
    {
      urn: urn("docker:index/volume:Volume", "ollama_data"),
      id: "lab-ollama_data",
      type: "docker:index/volume:Volume",
      inputs: { name: "lab-ollama_data" },
    },
  ];
  expect(parseCheckpoint(checkpoint({ resources }))).toEqual({
    objects: [
      { kind: "network", name: "lab-net", id: "n1", current: true },
      { kind: "container", name: "aistack-ollama", id: "c1", current: true },
    ],
    volumes: ["ollama_data"],
    interrupted: [],
  });
});

test("what was to be removed or replaced when an update ended is no current object", () => {
  const resources = [
    container("c1", { delete: true }),
    container("c2", { pendingReplacement: true }),
  ];
  const object = { kind: "container", name: "aistack-ollama", current: false };
  expect(parseCheckpoint(checkpoint({ resources }))?.objects).toEqual([
    { ...object, id: "c1" },
    { ...object, id: "c2" },
  ]);
});

test("a creation whose end nobody knows is told by name and label", () => {
  const pending_operations = [
    { type: "creating", resource: { ...container("") } },
    { type: "deleting", resource: container("c1") },
    { type: "creating", resource: { type: "command:local:Command", inputs: {} } },
  ];
  expect(parseCheckpoint(checkpoint({ resources: [], pending_operations }))?.interrupted).toEqual([
    { kind: "container", name: "aistack-ollama", label: "0123" },
  ]);
});

test.each([[undefined], ["x"], [{}], [{ checkpoint: 5 }], [{ checkpoint: { latest: 5 } }]])(
  "%j is no state",
  (file) => expect(parseCheckpoint(file)).toBeUndefined(),
);
