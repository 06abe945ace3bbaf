import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { formatCredentials, readCredentials, showingCredentials } from "../../cli/credentials";
import { ensureSecrets } from "../../host/secretStore";
import { SECRET_NAMES } from "../../plan/secrets";
import { planMinimal, planStandard } from "../support/plan/stack";

let root: string;
beforeEach(() => {
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "a passphrase");
  root = mkdtempSync(join(tmpdir(), "aistack-credentials-"));
  mkdirSync(join(root, ".state"));
  writeFileSync(join(root, ".state", "passphrase"), "unused");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const PLAN = planStandard({ webui: { adminEmail: "now@lab.lan" } });
const read = (plan = PLAN) => readCredentials(root, "lab", plan);
const URLS = { chat: "http://127.0.0.1:3000", openai: "http://127.0.0.1:8080" };

describe("the credentials of a stack", () => {
  test("are those that were generated, for the account that was made with them", () => {
    const { values } = ensureSecrets(root, "lab", SECRET_NAMES, true, { email: "then@lab.lan" });
    expect(read()).toEqual({
      credentials: {
        openwebui: {
          url: URLS.chat,
          email: "then@lab.lan",
          password: values["webui-admin-password"],
        },
        localai: { url: URLS.openai, apiKey: values["localai-api-key"] },
      },
      notes: [],
    });
  });

  test("are for the configured account in a store of an earlier version", () => {
    ensureSecrets(root, "lab", SECRET_NAMES, true);
    expect(read().credentials.openwebui?.email).toBe("now@lab.lan");
  });

  test("are none that would only now be invented", () => {
    ensureSecrets(root, "lab", ["localai-api-key"], true);
    const { credentials, notes } = read();
    expect(Object.keys(credentials)).toEqual(["localai"]);
    expect(notes).toEqual(["Open WebUI's password is not generated yet: ./aistack up --stack lab"]);
  });

  test("are told to be missing, all of them", () => {
    expect(read()).toEqual({
      credentials: {},
      notes: [
        "Open WebUI's password is not generated yet: ./aistack up --stack lab",
        "LocalAI's key is not generated yet: ./aistack up --stack lab",
      ],
    });
  });

  test("are no password that opens nothing, since the accounts are older", () => {
    ensureSecrets(root, "lab", SECRET_NAMES, true, null);
    const known = read();
    expect(Object.keys(known.credentials)).toEqual(["localai"]);
    expect(formatCredentials(known, PLAN)).toBe(
      `  LocalAI      ${URLS.openai}\n    API key    ${known.credentials.localai?.apiKey}\n` +
        "  Open WebUI's data is older than its generated password: sign in with an account that it has\n",
    );
  });

  test("are none of a stack that asks for none", () => {
    expect(formatCredentials(read(planMinimal()), planMinimal())).toBe("");
  });
});

describe("what was generated is shown once", () => {
  const shown = () => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    return () => write.mock.calls.map(([text]) => text).join("");
  };
  const TEXT =
    "\nSign in with (shown again by ./aistack credentials --stack lab):\n  password   x\n";

  test("after what it was generated for", async () => {
    const told = shown();
    const run = async () => {
      process.stdout.write("up\n");
      return 5;
    };
    expect(await showingCredentials("lab", "  password   x\n", run)).toBe(5);
    expect(told()).toBe(`up\n${TEXT}`);
  });

  test("where that fails as well", async () => {
    const told = shown();
    const run = () => Promise.reject(new Error("failed"));
    await expect(showingCredentials("lab", "  password   x\n", run)).rejects.toThrow("failed");
    expect(told()).toBe(TEXT);
  });

  test("never where nothing was", async () => {
    const told = shown();
    await showingCredentials("lab", "", () => Promise.resolve());
    expect(told()).toBe("");
  });
});
