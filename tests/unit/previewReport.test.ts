import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import { expect, test } from "vitest";
import { countChanges, reportPreview } from "../../cli/previewReport";

const urnOf = (type: string, name: string) => `urn:pulumi:lab::aistack::${type}::${name}`;
let sequence = 0;

function step(op: string, name: string, rest: object = {}): EngineEvent {
  const type = "docker:index/container:Container";
  const metadata = { op, urn: urnOf(`aistack:Service$${type}`, name), type, provider: "", ...rest };
  return {
    sequence: sequence++,
    timestamp: 0,
    resourcePreEvent: { metadata },
  } as unknown as EngineEvent;
}

function told(severity: string, message: string, rest: object = {}): EngineEvent {
  const diagnosticEvent = { severity, message, color: "never", ...rest };
  return { sequence: sequence++, timestamp: 0, diagnosticEvent } as EngineEvent;
}

test("resources that would change, with the names of what differs; nothing of those that stay", () => {
  const events = [
    step("refresh", "ollama", { logical: true }),
    step("same", "net", { logical: true }),
    step("create", "openwebui", { logical: true }),
    step("update", "agent", { logical: true, diffs: ["triggers", "create"] }),
    step("replace", "ollama", {
      logical: true,
      diffs: ["healthcheck"],
      detailedDiff: {
        "healthcheck.interval": { diffKind: "update-replace", inputDiff: true },
        envs: { diffKind: "update", inputDiff: true },
      },
    }),
    step("create-replacement", "ollama"),
    step("delete-replaced", "ollama"),
  ];
  const summary = { same: 1, create: 1, update: 1, replace: 1 };
  const type = "docker:index/container:Container";
  expect(reportPreview("lab", events, summary)).toEqual({
    stack: "lab",
    changes: 3,
    summary,
    steps: [
      { resource: "openwebui", type, operation: "create", properties: [] },
      { resource: "agent", type, operation: "update", properties: ["create", "triggers"] },
      {
        resource: "ollama",
        type,
        operation: "replace",
        properties: ["envs", "healthcheck.interval"],
      },
    ],
    warnings: [],
  });
});

test("warnings as plain text; what else the engine says is left out", () => {
  const events = [
    told("warning", "<{%fg 3%}>container aistack-ollama is missing<{%reset%}>\n"),
    told("info", "looking"),
    told("info#err", "\u001b[31mnoise\u001b[0m"),
    told("warning", "\u001b[33mport 3000\u001b[0m is taken"),
    told("warning", "still pulling", { ephemeral: true }),
  ];
  expect(reportPreview("lab", events, { same: 4 })).toMatchObject({
    changes: 0,
    steps: [],
    warnings: ["container aistack-ollama is missing", "port 3000 is taken"],
  });
});

test("what stays, is read or looked at is no change", () => {
  expect(countChanges({ same: 5, read: 1, refresh: 2 })).toBe(0);
  expect(countChanges({ same: 5, create: 2, delete: 1 })).toBe(3);
});
