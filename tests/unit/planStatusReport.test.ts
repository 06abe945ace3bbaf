import { describe, expect, test } from "vitest";
import { describeChanges } from "../../plan/differences";
import type { HostFacts } from "../../plan/hostFacts";
import { resolveStack } from "../../plan/resolve";
import { judgeStatus, reportStatus, type StatusReport } from "../../plan/statusReport";
import { hostFacts, inspected, line } from "../support/plan/hostOutput";
import { BUILT, planMinimal } from "../support/plan/stack";

const NOW = new Date("2026-11-22T12:00:00.000Z");
const MODELS = [{ name: "tiny", from: "file:models/tiny.gguf" }];
const IMAGE = line("image", `${BUILT}\t{"Id":"sha256:aaaa"}`);

const resolved = (facts: HostFacts, config: Record<string, unknown> = {}) =>
  resolveStack({
    plan: planMinimal(config),
    facts,
    fileHashes: { "models/tiny.gguf": "f".repeat(64) },
    records: {},
    recordFolder: ".state/models/x",
    secrets: {},
    now: NOW,
  });

/** A host on which the stack of this configuration was made, with the labels that it then has. */
function made(config: Record<string, unknown> = {}, state: object = {}): HostFacts {
  const fresh = resolved(hostFacts(IMAGE), config);
  const label = (text: string | undefined) => ({ "dev.aistack.spec": (text ?? "").split(" ")[0] });
  const container = inspected({
    State: {
      Health: { Status: "healthy" },
      StartedAt: "2026-11-22T11:00:00.5Z",
      ...state,
    },
    Config: { Labels: label(fresh.services[0]?.comparison.label) },
  });
  const network = {
    Id: "net1",
    Driver: "bridge",
    Internal: false,
    Labels: label(fresh.networks[0]?.comparison.label),
  };
  return hostFacts(
    IMAGE,
    line("container", `aistack-ollama\t${JSON.stringify(container)}`),
    line("network", `aistack-net\t${JSON.stringify(network)}`),
    line("models", { models: [{ name: "tiny:latest", digest: "d1" }] }),
  );
}

const report = (facts: HostFacts, config: Record<string, unknown> = {}) =>
  reportStatus("lab", planMinimal(config), facts, resolved(facts, config));

describe("a report", () => {
  test("of a host on which nothing was made", () => {
    expect(report(hostFacts(), { models: MODELS })).toEqual({
      stack: "lab",
      profile: "minimal",
      engine: { version: "20.10.24+dfsg1" },
      services: [
        {
          name: "ollama",
          container: "aistack-ollama",
          health: "missing",
          since: null,
          image: "ollama/ollama:0.34.3",
          endpoint: "http://127.0.0.1:11434",
          address: "http://127.0.0.1:11434",
        },
      ],
      models: [{ name: "tiny:latest", present: null }],
      drift: [],
      changes: [
        "network aistack-net is to be made",
        "container aistack-ollama is to be made",
        "model tiny:latest is to be made",
      ],
      problems: [],
    });
  });

  test("of a service that runs: since when, and from which image", () => {
    const { services, models } = report(made({ models: MODELS }), { models: MODELS });
    expect(services).toEqual([
      {
        name: "ollama",
        container: "aistack-ollama",
        health: "healthy",
        since: "2026-11-22T11:00:00.5Z",
        image: BUILT,
        endpoint: "http://127.0.0.1:11434",
        address: "http://127.0.0.1:11434",
      },
    ]);
    expect(models).toEqual([{ name: "tiny:latest", present: true }]);
  });

  test("of a service that is stopped: not since when it was started", () => {
    const { services } = report(made({}, { Status: "exited", Running: false }));
    expect(services).toMatchObject([{ health: "stopped", since: null }]);
  });
});

describe("pending changes", () => {
  test("a container of another configuration is one, and no drift", () => {
    const facts = made();
    const changed = { limits: { ollama: { memory: "8g" } } };
    expect(describeChanges(resolved(facts, changed), facts)).toEqual([
      "container aistack-ollama was made from another configuration",
    ]);
    expect(report(facts, changed).drift).toEqual([]);
  });

  test("drift is none of them", () => {
    const facts = made({}, { Status: "exited", Running: false });
    const { drift, changes } = report(facts);
    expect(drift).toContain("container aistack-ollama is stopped (exited)");
    expect(changes).toEqual([]);
  });
});

describe("what it comes to", () => {
  const fine: StatusReport = {
    stack: "lab",
    profile: "minimal",
    engine: { version: "1" },
    services: [
      {
        name: "a",
        container: "a",
        health: "healthy",
        since: null,
        image: "a",
        endpoint: "a",
        address: "a",
      },
    ],
    models: [],
    drift: [],
    changes: [],
    problems: [],
  };
  const unhealthy = fine.services.map((service) => ({ ...service, health: "starting" as const }));
  test.each<[string, Partial<StatusReport>, string]>([
    ["all is well", {}, "fine"],
    ["drift", { drift: ["x"] }, "pending"],
    ["changes", { changes: ["x"] }, "pending"],
    ["problems", { problems: [{ what: "x" }] }, "pending"],
    [
      "a service that cannot be used, before all else",
      { services: unhealthy, drift: ["x"] },
      "failing",
    ],
  ])("%s", (_what, change, verdict) => {
    expect(judgeStatus({ ...fine, ...change })).toBe(verdict);
  });
});
