import { expect, test } from "vitest";
import { describeHiddenChanges } from "../../plan/hiddenChanges";
import { resolveStack } from "../../plan/resolve";
import { hostFacts, inspected } from "../support/plan/hostOutput";
import { planStandard } from "../support/plan/stack";

const SECRETS = {
  "webui-secret-key": "canary-key",
  "webui-admin-password": "canary-password",
  "localai-api-key": "canary-api",
};

/** What would be told where Open WebUI's container has this environment in place of the declared one. */
function told(change: (envs: readonly string[]) => string[], label = "another spec"): string[] {
  const plan = planStandard();
  const spec = plan.services.find(({ name }) => name === "openwebui")?.container;
  const seen = inspected({
    Config: { Env: change(spec?.envs ?? []), Labels: { "dev.aistack.spec": label } },
  });
  const facts = hostFacts(`container\taistack-openwebui\t${JSON.stringify(seen)}`);
  const resolved = resolveStack({
    plan,
    facts,
    fileHashes: {},
    records: {},
    recordFolder: "",
    secrets: SECRETS,
    now: new Date(0),
  });
  return describeHiddenChanges(resolved, facts);
}

test("a variable with another value, and one that is new", () => {
  const before = (envs: readonly string[]) =>
    envs
      .filter((line) => !line.startsWith("WEBUI_URL="))
      .map((line) => (line.startsWith("WEBUI_NAME=") ? "WEBUI_NAME=The lab" : line));
  expect(told(before)).toEqual([
    "container aistack-openwebui: WEBUI_NAME is The lab, will be Open WebUI",
    "container aistack-openwebui: WEBUI_URL is not set, will be http://127.0.0.1:3000",
  ]);
});

test("nothing where the environment is the declared one", () => {
  expect(told((envs) => [...envs])).toEqual([]);
});

test("no value of a secret", () => {
  expect(told(() => []).join("\n")).not.toContain("canary");
});
