import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { planHostBaseline, resolveHostBaseline } from "../../plan/hostBaseline";
import { resolveHostLayer } from "../../plan/hostDrift";
import { resolveStack } from "../../plan/resolve";
import { buildGraph, type Graph, type Registered } from "../support/plan/graph";
import { factsOf, type HostLines, installedLines, planLayer } from "../support/plan/hostLayer";
import { hostFacts } from "../support/plan/hostOutput";
import { planMinimal } from "../support/plan/stack";

/* What the program asks the engine for beside containers, when a stack has something on its host. */

const NOW = new Date("2026-11-25T12:00:00.000Z");
const STACK = resolveStack({
  plan: planMinimal(),
  facts: hostFacts(),
  fileHashes: {},
  records: {},
  recordFolder: ".state/models/test",
  secrets: {},
  now: NOW,
});

/** The graph of a host as it was installed, after a change of what is seen of it. */
function graphOf(
  config: Readonly<Record<string, unknown>> = {},
  change: (lines: HostLines) => void = () => {},
): Promise<Graph> {
  const spec = planLayer(config);
  const lines = installedLines(spec);
  change(lines);
  const layer = resolveHostLayer(spec, factsOf(lines), NOW);
  return buildGraph(STACK, false, undefined, { hostLayer: layer });
}

const ofLayer = ({ resources }: Graph): Registered[] => {
  const names = /^aistack-(?:host|agent|idle)/;
  return resources.filter(({ name }) => names.test(name));
};

const commands = (graph: Graph) =>
  ofLayer(graph).filter(({ type }) => /^command:(?:remote:)?Command$/.test(type));

const ROOT_SHELL = `exec sh -c 'if [ "$(id -u)" = 0 ]; then exec sh -s "$@"; else exec sudo -n sh -s "$@"; fi' sh`;

/** Exported variables of a script, by name. */
const variables = ({ inputs }: Registered): Record<string, string> =>
  Object.fromEntries(
    [...String(inputs.stdin).matchAll(/^export ([A-Z_]+)='((?:[^']|'\\'')*)'$/gm)].map(
      ([, name = "", value = ""]) => [name, value.replaceAll("'\\''", "'")],
    ),
  );

describe("this machine's layer", () => {
  test("consists of exactly these resources, each under its parent", async () => {
    const graph = await graphOf();
    expect(ofLayer(graph).map(({ type, name, parent }) => `${type} ${name} < ${parent}`)).toEqual([
      "aistack:AgentExecutable aistack-host-executable < aistack:HostLayer aistack-host",
      "aistack:HostBaseline aistack-host-baseline < aistack:HostLayer aistack-host",
      "aistack:HostFile aistack-host-claim < aistack:HostLayer aistack-host",
      "aistack:HostFile aistack-host-config < aistack:HostLayer aistack-host",
      "aistack:HostFile aistack-host-logs < aistack:LogRotation aistack-host-logs",
      "aistack:HostLayer aistack-host < aistack:AiStack aistack",
      "aistack:LogRotation aistack-host-logs < aistack:HostLayer aistack-host",
      "aistack:SystemdUnit aistack-agent.service < aistack:HostLayer aistack-host",
      "aistack:SystemdUnit aistack-idle.service < aistack:HostLayer aistack-host",
      "aistack:SystemdUnit aistack-idle.timer < aistack:HostLayer aistack-host",
      "command:Command aistack-agent.service < aistack:SystemdUnit aistack-agent.service",
      "command:Command aistack-host-baseline < aistack:HostBaseline aistack-host-baseline",
      "command:Command aistack-host-claim < aistack:HostFile aistack-host-claim",
      "command:Command aistack-host-config < aistack:HostFile aistack-host-config",
      "command:Command aistack-host-executable < aistack:AgentExecutable aistack-host-executable",
      "command:Command aistack-host-logs < aistack:HostFile aistack-host-logs",
      "command:Command aistack-idle.service < aistack:SystemdUnit aistack-idle.service",
      "command:Command aistack-idle.timer < aistack:SystemdUnit aistack-idle.timer",
    ]);
  });

  test("components keep no more than a summary in the state", async () => {
    const graph = await graphOf();
    const components = ofLayer(graph).filter(({ type }) => type.startsWith("aistack:"));
    expect(Object.fromEntries(components.map(({ type, inputs }) => [type, inputs]))).toMatchObject({
      "aistack:HostLayer": {
        units: ["aistack-agent.service", "aistack-idle.service", "aistack-idle.timer"],
      },
      "aistack:HostBaseline": { account: "aistack" },
      "aistack:AgentExecutable": { sha256: "e".repeat(64) },
      "aistack:LogRotation": { path: "/etc/logrotate.d/aistack" },
    });
    expect(graph.find("aistack:HostFile", "aistack-host-config").inputs).toEqual({
      path: "/etc/aistack/agent.json",
    });
    expect(graph.find("aistack:SystemdUnit", "aistack-idle.timer").inputs).toEqual({
      path: "/etc/systemd/system/aistack-idle.timer",
    });
  });

  test("every script runs as root, goes by standard input, and undoes what it made before it makes another", async () => {
    for (const { name, inputs, options } of commands(await graphOf())) {
      const { stdin, ...others } = inputs;
      expect(stdin, name).toContain("case $1 in\ncreate)\n");
      expect(others, name).toEqual({
        create: `${ROOT_SHELL} create`,
        update: `${ROOT_SHELL} create 'in sync'`,
        delete: `${ROOT_SHELL} delete`,
        triggers: [expect.stringMatching(/^\/(?:etc|usr)\//)],
        logging: /(?:claim|config|logs)$/.test(name) ? "none" : "stderr",
        addPreviousOutputInEnv: false,
      });
      expect(options).toMatchObject({ deleteBeforeReplace: true, ignoreChanges: ["update"] });
    }
  });

  test("the order: the account, then whose the agent is, then files, then the units in theirs", async () => {
    const graph = await graphOf();
    // A child waits for what its component waits for, and goes before it.
    const waits = (type: string, name: string) =>
      graph
        .find(`aistack:${type}`, name)
        .options.dependencies.filter((title) => title.startsWith("command:"))
        .map((title) => title.split(" ").at(-1));
    const claim = ["aistack-host-claim"];
    expect(waits("HostBaseline", "aistack-host-baseline")).toEqual([]);
    expect(waits("HostFile", "aistack-host-claim")).toEqual(["aistack-host-baseline"]);
    expect(waits("HostFile", "aistack-host-config")).toEqual(claim);
    expect(waits("LogRotation", "aistack-host-logs")).toEqual(claim);
    expect(waits("AgentExecutable", "aistack-host-executable")).toEqual(claim);
    const files = ["aistack-host-config", "aistack-host-executable"];
    expect(waits("SystemdUnit", "aistack-agent.service")).toEqual(files);
    const agent = ["aistack-agent.service", ...files];
    expect(waits("SystemdUnit", "aistack-idle.service")).toEqual(agent);
    expect(waits("SystemdUnit", "aistack-idle.timer")).toEqual([...agent, "aistack-idle.service"]);
  });

  test("a unit's script is told all that it decides by", async () => {
    const spec = planLayer();
    const graph = await graphOf();
    expect(variables(graph.find("command:Command", "aistack-agent.service"))).toEqual({
      FILE: "/etc/systemd/system/aistack-agent.service",
      CONTENT: spec.units[0]?.content,
      MODE: "0644",
      OWNER: "root:root",
      RECORDS: "/etc/aistack/installed",
      ROOT: "",
      SET_ASIDE: "/etc/aistack/set-aside",
      UNIT: "aistack-agent.service",
      LINK: "/etc/systemd/system/multi-user.target.wants/aistack-agent.service",
      GPUS: "no",
      RUNNING: "yes",
      READS: "/usr/local/lib/aistack/aistack-agent\n/etc/aistack/agent.json",
      WRITES: "/var/lib/aistack\n/var/log/aistack\n/var/log/aistack/metrics",
      DROP_INS: [
        "/etc/systemd/system",
        "/etc/systemd/system.control",
        "/run/systemd/system",
        "/run/systemd/system.control",
        "/usr/local/lib/systemd/system",
      ]
        .map((parent) => `${parent}/aistack-agent.service.d`)
        .join("\n"),
      GENERATION: spec.units[0]?.generation,
    });
    const idle = variables(graph.find("command:Command", "aistack-idle.service"));
    expect([idle.LINK, idle.RUNNING, idle.READS]).toEqual(["", "no", ""]);
  });

  test("the baseline's script is install.sh's, and told the folders of the stack's own", async () => {
    const graph = await graphOf({ agent: { enabled: true, dockerGroup: true } });
    const baseline = graph.find("command:Command", "aistack-host-baseline");
    expect(variables(baseline)).toEqual({
      ROOT: "",
      ACCOUNTS: "yes",
      DOCKER_GROUP: "yes",
      FOLDERS: [
        "0755 root root /etc/aistack/installed",
        "0750 aistack aistack /var/log/aistack/metrics",
        "0755 root root /usr/local/lib/aistack",
      ].join("\n"),
    });
    expect(baseline.inputs.stdin).toContain(readFileSync("assets/shell/host-baseline.sh", "utf8"));
  });

  test("a folder that the agent writes to is missing: the account's resource and the agent differ", async () => {
    const graph = await graphOf({}, (lines) => lines.delete("/var/log/aistack"));
    const differing = commands(graph).filter(({ options }) => options.ignoreChanges?.length === 0);
    expect(differing.map(({ name }) => name)).toEqual([
      "aistack-agent.service",
      "aistack-host-baseline",
    ]);
  });

  test("drift: what was seen makes the resource differ, and no other", async () => {
    const graph = await graphOf({}, (lines) => lines.delete("user"));
    const { inputs, options } = graph.find("command:Command", "aistack-host-baseline");
    expect(inputs.update).toBe(`${ROOT_SHELL} create 'is missing at 2026-11-25T12:00:00.000Z'`);
    expect(options.ignoreChanges).toEqual([]);
    const others = commands(graph).filter(({ name }) => name !== "aistack-host-baseline");
    for (const other of others) expect(other.options.ignoreChanges).toEqual(["update"]);
  });

  test("what was seen cannot become a command", async () => {
    const graph = await graphOf({}, (lines) =>
      lines.set("drop-in", "drop-in\t/etc/systemd/system/aistack-idle.timer.d/'; id; '\u001b.conf"),
    );
    expect(graph.find("command:Command", "aistack-idle.timer").inputs.update).toBe(
      `${ROOT_SHELL} create 'has a drop-in that is not aistack'\\''s: /etc/systemd/system/aistack-idle.timer.d/'\\''; id; '\\''\\u001b.conf at 2026-11-25T12:00:00.000Z'`,
    );
  });

  test("containers without GPUs do not wait for it", async () => {
    // Those with GPUs do, by their gate: tests/graph/gpu.test.ts.
    const { options } = (await graphOf()).find("docker:Container", "ollama");
    expect(options.dependencies).not.toContain("command:Command aistack-agent.service");
  });

  test("under another root nothing needs root", async () => {
    for (const { inputs } of commands(await graphOf({ hostRoot: "/tmp/x" })))
      expect(inputs.create).toBe("exec sh -s create");
  });
});

test("a host over SSH that has no agent has account and folders, which outlive the stack", async () => {
  const host = {
    address: "box.lan",
    hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
    user: "me",
    port: 22,
    privateKeyFile: undefined,
  };
  const spec = planHostBaseline({ host, hostRoot: "" });
  const hostBaseline = resolveHostBaseline(spec, factsOf(new Map()), NOW);
  const graph = await buildGraph(STACK, false, undefined, { hostBaseline });
  expect(ofLayer(graph).map(({ type, name, parent }) => `${type} ${name} < ${parent}`)).toEqual([
    "aistack:HostBaseline aistack-host-baseline < aistack:AiStack aistack",
    "command:remote:Command aistack-host-baseline < aistack:HostBaseline aistack-host-baseline",
  ]);
  const command = graph.find("command:remote:Command", "aistack-host-baseline");
  expect(variables(command)).toEqual({ ROOT: "", ACCOUNTS: "yes", DOCKER_GROUP: "", FOLDERS: "" });
  expect(command.inputs.delete).toBeUndefined();
});

describe("a layer over SSH", () => {
  const host = {
    address: "box.lan",
    hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
    user: "me",
    port: 2222,
  };
  // Encrypted in the state: with a key file, the key is in it.
  const connection = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value: {
      host: "box.lan",
      user: "me",
      port: 2222,
      hostKey: host.hostKey,
      dialErrorLimit: 3,
      perDialTimeout: 10,
    },
  };

  test("is the same, over one kind of connection, whose host key is known", async () => {
    const here = await graphOf();
    const there = await graphOf({ host });
    const names = (graph: Graph) => commands(graph).map(({ name }) => name);
    expect(names(there)).toEqual(names(here));
    for (const { type, inputs } of commands(there)) {
      expect(type).toBe("command:remote:Command");
      expect(inputs.connection).toEqual(connection);
    }
  });

  test("the agent is copied first, into the home of who copies it, and fetched from there", async () => {
    const graph = await graphOf({ host });
    const copy = graph.find("command:remote:CopyToRemote", "aistack-host-executable-copy");
    const name = `.aistack-agent-${"e".repeat(64)}`;
    expect(copy.inputs).toMatchObject({ connection, remotePath: name, triggers: ["in sync"] });
    expect(copy.options.ignoreChanges).toEqual(["triggers"]);
    const install = graph.find("command:remote:Command", "aistack-host-executable");
    expect(variables(install)).toMatchObject({ SOURCE: name, COPIED: "yes" });
    expect(install.options.dependencies).toContain(
      "command:remote:CopyToRemote aistack-host-executable-copy",
    );
  });

  test("it is copied anew where the host's differs", async () => {
    const path = "/usr/local/lib/aistack/aistack-agent";
    const graph = await graphOf({ host }, (lines) =>
      lines.set(`sha256 ${path}`, `sha256\t${path}\t${"0".repeat(64)}`),
    );
    const copy = graph.find("command:remote:CopyToRemote", "aistack-host-executable-copy");
    expect(copy.inputs.triggers).toEqual(["was edited at 2026-11-25T12:00:00.000Z"]);
    expect(copy.options.ignoreChanges).toEqual([]);
  });
});
