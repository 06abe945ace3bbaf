import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chooseService } from "../../cli/installService";
import { withoutSalt } from "../support/withoutSalt";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const FILE = "stacks/Pulumi.lab.yaml";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-choice-"));
  for (const part of ["compose", "images", "stacks"])
    cpSync(join(CHECKOUT, part), join(root, part), { recursive: true });
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const choose = (service: string, change: { dryRun?: boolean; yes?: boolean } = {}) =>
  chooseService(root, {
    service,
    stack: "lab",
    profile: "minimal",
    yes: true,
    dryRun: false,
    ...change,
  });
const text = () => readFileSync(join(root, FILE), "utf8");
const exists = () => {
  mkdirSync(join(root, ".state/.pulumi/stacks/aistack"), { recursive: true });
  writeFileSync(join(root, ".state/.pulumi/stacks/aistack/lab.json"), "{}");
};

describe("a new stack", () => {
  test("gets the service, and the one that keeps its pattern's models", async () => {
    expect(await choose("openwebui")).toBe(true);
    const pattern = withoutSalt(readFileSync(join(root, "stacks/Pulumi.minimal.yaml"), "utf8"));
    const line = "  aistack:profile: minimal\n";
    expect(text()).toBe(pattern.replace(line, `${line}  aistack:services: [ollama, openwebui]\n`));
  });

  test("with a file of its own gets the service alone where no models are declared", async () => {
    writeFileSync(join(root, FILE), "config:\n  aistack:profile: standard-gpu # mine\n");
    await choose("localai");
    expect(text()).toBe(
      "config:\n  aistack:profile: standard-gpu # mine\n  aistack:services: [localai]\n",
    );
  });
});

describe("a stack that exists", () => {
  beforeEach(() => {
    exists();
    writeFileSync(join(root, FILE), "config:\n  aistack:services: [ollama] # narrow\n");
  });

  test("keeps its services, and gets one beside them", async () => {
    expect(await choose("openwebui")).toBe(true);
    expect(text()).toBe("config:\n  aistack:services: [ollama, openwebui] # narrow\n");
  });

  test("that has the service already is left as it is", async () => {
    expect(await choose("ollama")).toBe(false);
    expect(text()).toBe("config:\n  aistack:services: [ollama] # narrow\n");
  });
});

describe("nothing is written", () => {
  const before = "config:\n  aistack:bindAddress: nowhere\n";

  test("where the service does not exist", async () => {
    await expect(choose("opnwebui")).rejects.toThrow(
      'aistack install: there is no service "opnwebui". Did you mean "openwebui"? Accepted: localai, ollama, openwebui',
    );
  });

  test("where the configuration would not be valid", async () => {
    writeFileSync(join(root, FILE), before);
    await expect(choose("openwebui")).rejects.toThrow(
      `${FILE}:2: aistack:bindAddress: must be an IPv4 address, not "nowhere"`,
    );
    expect(text()).toBe(before);
  });

  test("in a dry run, which tells what it would be", async () => {
    expect(await choose("openwebui", { dryRun: true })).toBe(true);
    expect(text).toThrow("ENOENT");
    expect(process.stdout.write).toHaveBeenCalledWith(
      `Would write to ${FILE}: aistack:services: [ollama, openwebui]\n`,
    );
  });

  test("where nobody can be asked", async () => {
    await expect(choose("openwebui", { yes: false })).rejects.toThrow(
      "there is no terminal to ask on, so nothing was changed",
    );
    expect(text).toThrow("ENOENT");
  });
});
