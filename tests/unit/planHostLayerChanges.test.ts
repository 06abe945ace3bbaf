import { expect, test } from "vitest";
import { resolveHostLayer } from "../../plan/hostDrift";
import { describeLayerChanges } from "../../plan/hostLayerChanges";
import { factsOf, type HostLines, installedLines, planLayer } from "../support/plan/hostLayer";

const NOW = new Date("2026-11-25T12:00:00.000Z");
const SPEC = planLayer();
const AGENT = "/etc/systemd/system/aistack-agent.service";

/** What a status tells of a host on which a layer was installed, and then something changed. */
function told(change: (lines: HostLines) => void = () => {}, spec = SPEC) {
  const lines = installedLines(SPEC);
  change(lines);
  const layer = resolveHostLayer(spec, factsOf(lines), NOW);
  return { drift: layer.drift, changes: describeLayerChanges(layer) };
}

test("a host that is as it was installed", () => {
  expect(told()).toEqual({ drift: [], changes: [] });
});

test("what was changed by hand is drift, and no change that is pending", () => {
  expect(
    told((lines) => lines.set(AGENT, `entry\t${AGENT}\tl\t777\troot\troot\t/dev/null`)),
  ).toEqual({ drift: ["unit aistack-agent.service is masked"], changes: [] });
});

test("what a new configuration asks for is pending, and no drift", () => {
  const spec = planLayer({ agent: { enabled: true, heartbeatSeconds: 60 } });
  const { drift, changes } = told(undefined, spec);
  expect(drift).toEqual([]);
  expect(changes).toContain("file /etc/aistack/agent.json: not yet as the configuration says");
});

test("a layer that was never installed is all pending", () => {
  expect(
    told((lines) => {
      const host = ["access", "systemd", "logrotate"].map(
        (name) => [name, lines.get(name) ?? ""] as const,
      );
      lines.clear();
      for (const [name, line] of host) lines.set(name, line);
    }),
  ).toEqual({
    drift: [],
    changes: [
      "the agent's user and directories: not yet as the configuration says",
      "file /usr/local/lib/aistack/aistack-agent: not yet as the configuration says",
      "file /etc/aistack/agent.json: not yet as the configuration says",
      "file /etc/logrotate.d/aistack: not yet as the configuration says",
      "unit aistack-agent.service: not yet as the configuration says",
      "unit aistack-idle.service: not yet as the configuration says",
      "unit aistack-idle.timer: not yet as the configuration says",
    ],
  });
});
