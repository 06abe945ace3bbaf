import { expect, test } from "vitest";
import { describeLostSecrets, lostSecrets, seededAdmin } from "../../plan/lostSecrets";
import { SECRET_NAMES } from "../../plan/secrets";
import { hostFacts } from "../support/plan/hostOutput";
import { planMinimal, planStandard } from "../support/plan/stack";

const host = (...volumes: string[]) =>
  hostFacts(...volumes.map((name) => `volume\t${name}\t{"Name":"${name}"}`));
const PLAN = planStandard({ webui: { adminEmail: "me@lab.lan" } });

test("no secret is lost where none is generated, or no data of its service is there", () => {
  expect(lostSecrets(PLAN, host("openwebui_data", "localai_data"), [])).toEqual([]);
  expect(lostSecrets(PLAN, host("ollama_data"), SECRET_NAMES)).toEqual([]);
});

test("data of Open WebUI has its own accounts and sessions, and LocalAI's key is none of it", () => {
  expect(lostSecrets(PLAN, host("openwebui_data"), SECRET_NAMES)).toEqual([
    "webui-secret-key",
    "webui-admin-password",
  ]);
  expect(lostSecrets(PLAN, host("openwebui_data"), ["localai-api-key"])).toEqual([]);
});

test("each is told with what it means", () => {
  const lost = lostSecrets(PLAN, host("openwebui_data", "localai_models"), SECRET_NAMES);
  expect(describeLostSecrets(lost)).toEqual([
    "the data of Open WebUI is older than the key that signs its sessions: everybody has to sign in again",
    "the data of Open WebUI is older than the generated password: accounts keep their own passwords, and the " +
      "generated one opens nothing. Restore .state/secrets and .state/passphrase from a backup to have the old one",
    "the data of LocalAI is older than its key: whoever uses the old key has to be given the new one",
  ]);
});

test("a first start makes the configured account, where there is no data and there is an Open WebUI", () => {
  expect(seededAdmin(PLAN, host())).toEqual({ email: "me@lab.lan" });
  expect(seededAdmin(PLAN, host("openwebui_data"))).toBeNull();
  expect(seededAdmin(planMinimal(), host())).toBeUndefined();
});
