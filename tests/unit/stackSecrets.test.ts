import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { secrets } from "../../cli/log";
import { openLog } from "../../cli/log/run";
import { registerStackSecrets } from "../../cli/stackSecrets";
import { ensureSecrets } from "../../host/secretStore";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "stack-secrets-"));
  mkdirSync(join(root, ".state"));
  writeFileSync(join(root, ".state", "passphrase"), "a phrase of this checkout");
  vi.stubEnv("XDG_STATE_HOME", root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

test("what is kept for a stack is kept out of messages from the moment on that it is opened", () => {
  const { values } = ensureSecrets(root, "lab", ["webui-admin-password"], true);
  const said = `the service logged ${values["webui-admin-password"]}!`;
  expect(secrets.text(said)).toBe(said);
  registerStackSecrets(root, "lab", ["webui-admin-password"]);
  expect(secrets.text(said)).toBe("the service logged [redacted]!");
});

test("a verb that needs no secret works without the passphrase", () => {
  ensureSecrets(root, "lab", ["localai-api-key"], true);
  rmSync(join(root, ".state", "passphrase"));
  expect(() => registerStackSecrets(root, "lab", ["localai-api-key"])).not.toThrow();
});

test("the passphrase of a file that the environment names is kept out, too", () => {
  const file = join(root, "elsewhere");
  writeFileSync(file, "a phrase of another file\n");
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", file);
  openLog([]);
  expect(secrets.text("it is: a phrase of another file")).toBe("it is: [redacted]");
});
