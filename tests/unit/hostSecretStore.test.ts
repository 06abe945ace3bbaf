import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ensureSecrets, secretsFile } from "../../host/secretStore";
import { SECRET_NAMES } from "../../plan/secrets";
import { problemsOf } from "../support/plan/problems";

let root: string;
const file = () => join(root, secretsFile("x"));

beforeEach(() => {
  // The passphrase of whoever runs the tests is none of theirs.
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", undefined);
  root = mkdtempSync(join(tmpdir(), "aistack-secrets-"));
  mkdirSync(join(root, ".state"));
  writeFileSync(join(root, ".state", "passphrase"), "a passphrase\n");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

describe("generated", () => {
  test("once: the same values come back", () => {
    const first = ensureSecrets(root, "x", SECRET_NAMES, true);
    expect(first.generated).toEqual(SECRET_NAMES);
    expect(ensureSecrets(root, "x", SECRET_NAMES, true)).toEqual({
      values: first.values,
      generated: [],
      admin: undefined,
    });
  });

  test("each in its form, of 144 bits or more", () => {
    const { values } = ensureSecrets(root, "x", SECRET_NAMES, true);
    expect(values["webui-secret-key"]).toMatch(/^[0-9a-f]{64}$/);
    expect(values["webui-admin-password"]).toMatch(/^[A-Za-z0-9_-]{24}$/);
    expect(values["localai-api-key"]).toMatch(/^sk-[0-9a-f]{64}$/);
  });

  test("for each stack anew", () => {
    const one = ensureSecrets(root, "x", ["localai-api-key"], true).values;
    expect(ensureSecrets(root, "y", ["localai-api-key"], true).values).not.toEqual(one);
  });

  test("what a wider profile needs beside what is there", () => {
    const first = ensureSecrets(root, "x", ["webui-secret-key"], true).values;
    const both = ensureSecrets(root, "x", ["webui-secret-key", "localai-api-key"], true);
    expect(both.generated).toEqual(["localai-api-key"]);
    expect(both.values["webui-secret-key"]).toBe(first["webui-secret-key"]);
    // A narrower profile in between forgets nothing.
    ensureSecrets(root, "x", [], true);
    expect(ensureSecrets(root, "x", ["localai-api-key"], true).values).toEqual(both.values);
  });
});

describe("whom the administrator's password is for", () => {
  const PASSWORD = ["webui-admin-password"] as const;
  const admin = (seed?: { email: string } | null, keep = true) =>
    ensureSecrets(root, "x", PASSWORD, keep, seed).admin;
  const [one, other] = [{ email: "one@lab" }, { email: "other@lab" }];

  test("is kept beside it, and stays who was seeded once there is data", () => {
    expect(admin(one)).toEqual(one);
    expect(admin(null)).toEqual(one);
    expect(admin(undefined, false)).toEqual(one);
  });

  test("is whom the configuration names by then, as long as there is no data", () => {
    admin(one);
    expect(admin(other)).toEqual(other);
    expect(admin(undefined, false)).toEqual(other);
  });

  test("is nobody, where the data was there before the password", () => {
    expect(admin(null)).toBeNull();
    expect(admin(null)).toBeNull();
    expect(admin(undefined, false)).toBeNull();
  });

  test("is not known of a store of an earlier version, and a preview writes nothing of it", () => {
    ensureSecrets(root, "x", PASSWORD, true);
    expect(admin(null)).toBeUndefined();
    expect(admin(one, false)).toEqual(one);
    expect(admin(undefined, false)).toBeUndefined();
  });
});

test("nothing is written in a preview, nor where no secret is needed", () => {
  ensureSecrets(root, "x", SECRET_NAMES, false);
  ensureSecrets(root, "x", [], true);
  expect(() => statSync(file())).toThrow("ENOENT");
});

test("the file is the owner's alone, and holds no value in plain", () => {
  const { values } = ensureSecrets(root, "x", SECRET_NAMES, true);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(statSync(join(root, ".state", "secrets")).mode & 0o777).toBe(0o700);
  const text = readFileSync(file(), "utf8");
  for (const value of Object.values(values)) expect(text).not.toContain(value);
});

describe("refused, since a new secret would lock users out", () => {
  const where = ".state/secrets/x.json: ";
  const fix =
    ". Restore .state from your backup: with another secret, sessions and accounts of the existing data are lost";

  test("another passphrase", () => {
    ensureSecrets(root, "x", ["localai-api-key"], true);
    writeFileSync(join(root, ".state", "passphrase"), "another");
    expect(problemsOf(() => ensureSecrets(root, "x", ["localai-api-key"], true))).toEqual([
      `${where}the secret localai-api-key does not open with this passphrase${fix}`,
    ]);
  });

  test("a changed file", () => {
    ensureSecrets(root, "x", ["localai-api-key"], true);
    const text = readFileSync(file(), "utf8");
    writeFileSync(file(), text.replace(/"data": "./, '"data": "!'));
    expect(problemsOf(() => ensureSecrets(root, "x", ["localai-api-key"], true))).toEqual([
      `${where}the secret localai-api-key does not open with this passphrase${fix}`,
    ]);
  });

  test("one value in another's place", () => {
    ensureSecrets(root, "x", ["localai-api-key"], true);
    writeFileSync(
      file(),
      readFileSync(file(), "utf8").replace("localai-api-key", "webui-secret-key"),
    );
    expect(problemsOf(() => ensureSecrets(root, "x", ["webui-secret-key"], true))).toEqual([
      `${where}the secret webui-secret-key does not open with this passphrase${fix}`,
    ]);
  });

  test("a file that was cut off", () => {
    mkdirSync(join(root, ".state", "secrets"));
    writeFileSync(file(), '{"version":1,');
    expect(problemsOf(() => ensureSecrets(root, "x", ["localai-api-key"], true))).toEqual([
      `${where}the file of the stack's secrets is damaged${fix}`,
    ]);
  });

  test("no passphrase", () => {
    rmSync(join(root, ".state", "passphrase"));
    expect(problemsOf(() => ensureSecrets(root, "x", ["localai-api-key"], true))).toEqual([
      `${join(root, ".state", "passphrase")}: the passphrase is not there. Restore the file from your backup, ` +
        'or run ./install.sh and then eval "$(./aistack env)"',
    ]);
  });
});

test("the passphrase is the one that Pulumi takes", () => {
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", join(root, "elsewhere"));
  writeFileSync(join(root, "elsewhere"), "by file");
  const { values } = ensureSecrets(root, "x", ["localai-api-key"], true);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "by file");
  expect(ensureSecrets(root, "x", ["localai-api-key"], true).values).toEqual(values);
});
