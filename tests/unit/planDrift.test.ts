import { describe, expect, test } from "vitest";
import { compareContainer, compareNetwork, MISSING, SPEC_LABEL } from "../../plan/drift";
import { hostFacts, inspected } from "../support/plan/hostOutput";
import { planMinimal } from "../support/plan/stack";

const NOW = new Date("2026-11-22T12:00:00.000Z");
const LATER = new Date("2026-11-22T13:00:00.000Z");
const IMAGE = { name: "ollama/ollama:0.34.3", id: "sha256:aaaa" };

const [service] = planMinimal({ limits: { ollama: { cpus: 1.5 } } }).services;
if (service === undefined) throw new Error("the plan has no service");
const SPEC = service.container;
const NETWORK = { key: "aistack-net", name: "aistack-net", internal: false };

const ENVS = [...SPEC.envs, "PATH=/usr/bin"];

/** A container that is as declared, but for these changes, and the network it is attached to. */
function facts(
  changes: Readonly<Record<string, object>> = {},
  label: string | undefined = IDENTITY,
) {
  const Labels = label === undefined ? {} : { [SPEC_LABEL]: label };
  const { Mounts, ...parts } = changes;
  const container = inspected({ ...parts, Config: { Env: ENVS, Labels, ...parts.Config } });
  return hostFacts(
    `container\taistack-ollama\t${JSON.stringify(Mounts === undefined ? container : { ...container, Mounts })}`,
    'network\taistack-net\t{"Id":"net1","Driver":"bridge","Labels":{}}',
  );
}

const IDENTITY = compareContainer(SPEC, IMAGE, hostFacts(), NOW, {}).label.split(" ")[0] ?? "";

test("the identity is a short hash of the spec", () => {
  expect(IDENTITY).toMatch(/^[0-9a-f]{16}$/);
  const other = compareContainer({ ...SPEC, init: false }, IMAGE, hostFacts(), NOW, {}).label;
  expect(other.split(" ")[0]).not.toBe(IDENTITY);
});

test("another image is the user's change: a new label, and no drift", () => {
  const image = { name: "ollama/ollama:0.35.0", id: "sha256:bbbb" };
  const { label, drift } = compareContainer(SPEC, image, facts(), NOW, {});
  expect(drift).toEqual([]);
  expect(label).toMatch(/^[0-9a-f]{16}$/);
  expect(label).not.toBe(IDENTITY);
});

describe("an image that a digest binds", () => {
  const label = (container: { Image?: string } = {}) => {
    const seen = hostFacts(
      `container\taistack-ollama\t${JSON.stringify({ ...inspected({ Config: { Env: ENVS, Labels: { [SPEC_LABEL]: IDENTITY } } }), ...container })}`,
      'network\taistack-net\t{"Id":"net1","Driver":"bridge","Labels":{}}',
    );
    return compareContainer(SPEC, { ...IMAGE, pinned: true }, seen, NOW, {});
  };

  test("is the same to a container that runs it already: a new lock restarts nothing", () => {
    expect(label()).toEqual({ label: IDENTITY, drift: [] });
  });

  test("that another one has taken the place of is the user's change: a new container, and no drift", () => {
    expect(label({ Image: "sha256:bbbb" })).toEqual({
      label: `${IDENTITY} image is sha256:bbbb, not sha256:aaaa at 2026-11-22T12:00:00.000Z`,
      drift: [],
    });
  });
});

test("a container that is as declared keeps the label it has", () => {
  expect(compareContainer(SPEC, IMAGE, facts(), NOW, {})).toEqual({ label: IDENTITY, drift: [] });
});

test("a container that was replaced for its drift keeps the label that told of it", () => {
  const label = `${IDENTITY} is missing at 2026-11-21T00:00:00.000Z`;
  expect(compareContainer(SPEC, IMAGE, facts({}, label), NOW, {})).toEqual({ label, drift: [] });
});

test("a container made from another spec is no drift: its label changes plainly", () => {
  const seen = facts({ State: { Status: "exited" } }, "ffffffffffffffff is missing at x");
  expect(compareContainer(SPEC, IMAGE, seen, NOW, {})).toEqual({ label: IDENTITY, drift: [] });
});

test("a container that is not there", () => {
  expect(compareContainer(SPEC, IMAGE, hostFacts(), NOW, {})).toEqual({
    label: `${IDENTITY} is missing at 2026-11-22T12:00:00.000Z`,
    drift: [MISSING],
  });
});

test("the same drift seen again is another label", () => {
  const seen = facts({ State: { Status: "exited" } });
  const first = compareContainer(SPEC, IMAGE, seen, NOW, {}).label;
  expect(first).toBe(`${IDENTITY} is stopped (exited) at 2026-11-22T12:00:00.000Z`);
  expect(compareContainer(SPEC, IMAGE, seen, LATER, {}).label).not.toBe(first);
});

test("several differences are one label", () => {
  const seen = facts({ State: { Status: "dead" }, HostConfig: { Init: false } });
  expect(compareContainer(SPEC, IMAGE, seen, NOW, {})).toEqual({
    label: `${IDENTITY} is stopped (dead); init is false, not true at 2026-11-22T12:00:00.000Z`,
    drift: ["is stopped (dead)", "init is false, not true"],
  });
});

describe("a container differs where", () => {
  test.each<[string, Record<string, object>, string[]]>([
    ["it restarts just now", { State: { Status: "restarting" } }, []],
    ["it is stopped", { State: { Status: "exited" } }, ["is stopped (exited)"]],
    ["it is paused", { State: { Paused: true } }, ["is stopped (paused)"]],
    [
      "its restart policy",
      { HostConfig: { RestartPolicy: { Name: "" } } },
      ["restart policy is no, not unless-stopped"],
    ],
    ["its memory", { HostConfig: { Memory: 1073741824 } }, ["memory in MiB is 1024, not 16384"]],
    [
      "its swap",
      { HostConfig: { MemorySwap: -1 } },
      [`memory and swap in MiB is ${-1 / 1024 ** 2}, not 16384`],
    ],
    ["its CPUs", { HostConfig: { NanoCpus: 0 } }, ["CPUs is 0, not 1.5"]],
    ["its root", { HostConfig: { ReadonlyRootfs: false } }, ["read-only root is false, not true"]],
    ["init", { HostConfig: { Init: null } }, ["init is false, not true"]],
    [
      "its tmpfs",
      { HostConfig: { Tmpfs: { "/tmp": "size=1m" } } },
      ['tmpfs is {"/tmp":"size=1m"}, not {"/tmp":""}'],
    ],
    [
      "its capabilities",
      { HostConfig: { CapDrop: null } },
      ['dropped capabilities is [], not ["ALL"]'],
    ],
    [
      "its security options",
      { HostConfig: { SecurityOpt: [] } },
      ['security options is [], not ["no-new-privileges:true"]'],
    ],
    [
      "its log, whatever the order of its options",
      { HostConfig: { LogConfig: { Config: { "max-size": "10m", "max-file": "3" } } } },
      [],
    ],
    [
      "its log",
      { HostConfig: { LogConfig: { Config: { "max-size": "1m" } } } },
      ['log options is {"max-size":"1m"}, not {"max-file":"3","max-size":"10m"}'],
    ],
    [
      "its variables: more than declared are the image's",
      { Config: { Env: [...ENVS, "MORE=1"] } },
      [],
    ],
    [
      "its variables, of which only the name is told",
      { Config: { Env: ["OLLAMA_NO_CLOUD=secret", ...SPEC.envs.slice(0, 2)] } },
      ["environment variable OLLAMA_NO_CLOUD differs"],
    ],
    [
      "its ports",
      { HostConfig: { PortBindings: { "11434/tcp": [{ HostIp: "0.0.0.0", HostPort: "1" }] } } },
      ['ports is ["0.0.0.0:1:11434/tcp"], not ["127.0.0.1:11434:11434/tcp"]'],
    ],
    [
      "its volume",
      { Mounts: [{ Type: "volume", Name: "other", Destination: "/root/.ollama" }] },
      ["volume ollama_data is not mounted at /root/.ollama"],
    ],
    [
      "its mounts: more than declared are the image's",
      {
        Mounts: [
          { Type: "volume", Name: "0a1b", Destination: "/cache" },
          { Type: "volume", Name: "ollama_data", Destination: "/root/.ollama" },
        ],
      },
      [],
    ],
    [
      "its health test",
      { Config: { Healthcheck: { Test: ["NONE"], Interval: 5e9, Timeout: 5e9 } } },
      ['healthcheck is ["NONE"], not ["CMD","ollama","list"]'],
    ],
    [
      "its healthcheck is gone",
      { Config: { Healthcheck: null } },
      [
        'healthcheck is null, not ["CMD","ollama","list"]',
        "healthcheck interval is null, not 5000000000",
        "healthcheck timeout is null, not 5000000000",
      ],
    ],
    [
      "its health interval and timeout",
      { Config: { Healthcheck: { Test: ["CMD", "ollama", "list"], Interval: 1e9, Timeout: 2e9 } } },
      [
        "healthcheck interval is 1000000000, not 5000000000",
        "healthcheck timeout is 2000000000, not 5000000000",
      ],
    ],
    [
      "its network",
      { NetworkSettings: { Networks: {} } },
      ["is not attached to network aistack-net"],
    ],
    [
      "its network was made anew",
      { NetworkSettings: { Networks: { "aistack-net": { NetworkID: "old" } } } },
      ["is attached to an earlier network aistack-net"],
    ],
  ])("%s", (_what, changes, drift) => {
    expect(compareContainer(SPEC, IMAGE, facts(changes), NOW, {}).drift).toEqual(drift);
  });

  test("its image", () => {
    expect(compareContainer(SPEC, { ...IMAGE, id: "sha256:bbbb" }, facts(), NOW, {}).drift).toEqual(
      ["image is sha256:aaaa, not sha256:bbbb"],
    );
    // An image that is still to be pulled is a change, and no drift.
    expect(compareContainer(SPEC, { ...IMAGE, id: undefined }, facts(), NOW, {}).drift).toEqual([]);
  });

  test("nothing is declared, nothing is compared", () => {
    const { memory: _memory, memorySwap: _swap, healthcheck: _check, cpus: _cpus, ...rest } = SPEC;
    const identity = compareContainer(rest, IMAGE, hostFacts(), NOW, {}).label.split(" ")[0];
    const seen = facts(
      { HostConfig: { NanoCpus: 0, Memory: 5 }, Config: { Healthcheck: { Test: ["NONE"] } } },
      identity,
    );
    expect(compareContainer(rest, IMAGE, seen, NOW, {}).drift).toEqual([]);
  });
});

test("a container that lost its GPUs is replaced, as one that was made without them", () => {
  const spec = {
    ...SPEC,
    deviceRequests: [{ driver: "cdi", deviceIds: ["nvidia.com/gpu=all"] }],
  };
  const identity = compareContainer(spec, IMAGE, hostFacts(), NOW, {}).label.split(" ")[0];
  expect(identity).not.toBe(IDENTITY);
  const seen = (HostConfig: object) => facts({ HostConfig }, identity);
  const requests = { DeviceRequests: [{ Driver: "cdi", DeviceIDs: ["nvidia.com/gpu=all"] }] };
  expect(compareContainer(spec, IMAGE, seen(requests), NOW, {})).toEqual({
    label: identity,
    drift: [],
  });
  expect(compareContainer(spec, IMAGE, seen({}), NOW, {})).toEqual({
    label: `${identity} GPU requests are none, not cdi: nvidia.com/gpu=all at 2026-11-22T12:00:00.000Z`,
    drift: ["GPU requests are none, not cdi: nvidia.com/gpu=all"],
  });
});

describe("a network", () => {
  const identity = compareNetwork(NETWORK, hostFacts(), NOW).label.split(" ")[0];
  const seen = (fields: object) =>
    hostFacts(
      `network\taistack-net\t${JSON.stringify({ Id: "1", Driver: "bridge", Labels: { [SPEC_LABEL]: identity }, ...fields })}`,
    );

  test.each<[string, object, string[]]>([
    ["as declared", {}, []],
    ["of another driver", { Driver: "macvlan" }, ["driver is macvlan, not bridge"]],
    ["that is internal", { Internal: true }, ["internal is true, not false"]],
    ["made from another spec", { Internal: true, Labels: { [SPEC_LABEL]: "other" } }, []],
  ])("%s", (_what, fields, drift) => {
    const comparison = compareNetwork(NETWORK, seen(fields), NOW);
    expect(comparison.drift).toEqual(drift);
    expect(comparison.label).toBe(
      drift.length === 0 ? identity : `${identity} ${drift[0]} at 2026-11-22T12:00:00.000Z`,
    );
  });

  test("that is not there", () => {
    expect(compareNetwork(NETWORK, hostFacts(), NOW)).toEqual({
      label: `${identity} is missing at 2026-11-22T12:00:00.000Z`,
      drift: [MISSING],
    });
  });
});
