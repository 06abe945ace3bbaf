import { describe, expect, test } from "vitest";
import { chooseServices, withDependencies } from "../../plan/serviceChoice";
import { isServing, judgeHealth, SERVICE_HEALTH } from "../../plan/serviceHealth";
import { formatSpan } from "../../plan/spans";
import { planStandard } from "../support/plan/stack";

const OURS = { "dev.aistack.spec": "x" };

test.each([
  ["missing", undefined],
  ["foreign", { status: "running", health: "healthy", labels: {} }],
  ["healthy", { status: "running", health: "healthy", labels: OURS }],
  ["unhealthy", { status: "running", health: "unhealthy", labels: OURS }],
  ["starting", { status: "running", health: "starting", labels: OURS }],
  ["running", { status: "running", health: undefined, labels: OURS }],
  ["restarting", { status: "restarting", health: "unhealthy", labels: OURS }],
  ["paused", { status: "paused", health: "healthy", labels: OURS }],
  ["stopped", { status: "exited", health: "unhealthy", labels: OURS }],
  ["stopped", { status: "created", health: undefined, labels: OURS }],
  ["stopped", { status: "dead", health: undefined, labels: OURS }],
] as const)("%s: %j", (health, seen) => expect(judgeHealth(seen)).toBe(health));

test("only a healthy service, and one without a check, can be used", () => {
  expect(SERVICE_HEALTH.filter(isServing)).toEqual(["healthy", "running"]);
});

describe("services by their names", () => {
  const plan = planStandard();
  const names = (services: readonly { name: string }[]) => services.map(({ name }) => name);

  test("no names: all, in the order in which they may start", () => {
    expect(names(chooseServices(plan, []))).toEqual(["ollama", "openwebui", "localai"]);
  });

  test("in that order, whatever the order of the names", () => {
    expect(names(chooseServices(plan, ["openwebui", "ollama"]))).toEqual(["ollama", "openwebui"]);
  });

  test("every unknown name is told, with the one that was probably meant", () => {
    expect(() => chooseServices(plan, ["olama", "ollama", "xyz"])).toThrow(
      'the stack has no service "olama". Did you mean "ollama"? Accepted: ollama, openwebui, localai\n' +
        'the stack has no service "xyz". Accepted: ollama, openwebui, localai',
    );
  });

  test("with what they depend on, and what that depends on", () => {
    const chain = plan.services.map((service, index) => ({
      ...service,
      dependsOn: plan.services.slice(index - 1, index).map(({ name }) => name),
    }));
    const [, second, third] = chain;
    const all = withDependencies({ ...plan, services: chain }, third ? [third] : []);
    expect(names(all)).toEqual(["ollama", "openwebui", "localai"]);
    expect(names(withDependencies({ ...plan, services: chain }, second ? [second] : []))).toEqual([
      "ollama",
      "openwebui",
    ]);
  });
});

test.each([
  [-5, "0 s"],
  [0, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 m"],
  [3_599_999, "59 m"],
  [3_600_000, "1 h"],
  [86_400_000 * 3 + 5, "3 d"],
])("%d ms are %s", (milliseconds, text) => expect(formatSpan(milliseconds)).toBe(text));
