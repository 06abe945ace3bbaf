import { expect, test } from "vitest";
import { formatAgentConfig } from "../../plan/agentConfig";
import { planReload } from "../../plan/agentReload";
import { agentConfig } from "../support/agent/samples";
import { problemsOf } from "../support/plan/problems";

const FILE = "/etc/aistack/agent.json";

test("the same configuration changes nothing", () => {
  expect(planReload(agentConfig, formatAgentConfig(agentConfig), FILE)).toEqual({
    config: agentConfig,
    changed: [],
  });
});

test("what changed is named", () => {
  const next = {
    ...agentConfig,
    heartbeatSeconds: 5,
    services: agentConfig.services.slice(0, 1),
    idle: { ...agentConfig.idle, suspend: true },
  };
  expect(planReload(agentConfig, formatAgentConfig(next), FILE)).toEqual({
    config: next,
    changed: ["heartbeatSeconds", "services", "idle"],
  });
});

test("paths cannot change under a running agent", () => {
  const paths = { ...agentConfig.paths, log: "/elsewhere/agent.log" };
  const text = formatAgentConfig({ ...agentConfig, paths });
  expect(problemsOf(() => planReload(agentConfig, text, FILE))).toEqual([
    `${FILE}: paths: paths are read at the start alone. Start the agent anew: systemctl restart aistack-agent`,
  ]);
});

test("a configuration with faults is refused with all of them", () => {
  const faulty = { ...agentConfig, heartbeatSeconds: "often", gpu: "nvdia" };
  expect(problemsOf(() => planReload(agentConfig, JSON.stringify(faulty), FILE))).toEqual([
    `${FILE}: heartbeatSeconds: must be a whole number, not "often". Repair it with: aistack up`,
    `${FILE}: gpu: unknown value "nvdia". Did you mean "nvidia"? Accepted: none, nvidia, amd, intel. Repair it with: aistack up`,
  ]);
});
