import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { planStackFile, writeStackFile } from "../../cli/installSettings";
import { chooseInstalled, chooseWidened } from "../../cli/installTarget";
import { withoutSalt } from "../support/withoutSalt";

const CHECKOUT = resolve(import.meta.dirname, "../..");

let root: string;
let told: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-target-"));
  cpSync(join(CHECKOUT, "stacks"), join(root, "stacks"), { recursive: true });
  vi.stubEnv("AISTACK_CACHE", join(root, "cache"));
  vi.stubEnv("PULUMI_STACK", undefined);
  told = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    told += text;
    return true;
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const path = (stack: string) => join(root, `stacks/Pulumi.${stack}.yaml`);
const write = (stack: string, text: string) => writeFileSync(path(stack), text);
const read = (stack: string) => readFileSync(path(stack), "utf8");
const create = (stack: string, text?: string) => {
  mkdirSync(join(root, ".state/.pulumi/stacks/aistack"), { recursive: true });
  writeFileSync(join(root, `.state/.pulumi/stacks/aistack/${stack}.json`), "{}");
  if (text !== undefined) write(stack, text);
};
const REMOTE = "config:\n  aistack:host: { address: gpu1 }\n";

describe("the stack that an installation without a name is about", () => {
  test.each([
    [undefined, "minimal"],
    ["standard-gpu", "standard-gpu"],
  ])("profile %s, and none was created: a new one, %s", (profile, stack) => {
    expect(chooseInstalled(root, profile)).toBe(stack);
    expect(chooseWidened(root, profile)).toBe(stack);
  });

  test.each([undefined, "minimal", "standard-gpu"])(
    "profile %s, and one was created: that one",
    (profile) => {
      create("lab", "config: {}\n");
      expect(chooseInstalled(root, profile)).toBe("lab");
    },
  );

  test("those of other hosts are none of this machine's", () => {
    create("gpu1", REMOTE);
    expect(chooseInstalled(root, undefined)).toBe("minimal");
    create("lab", "config:\n  aistack:host: {}\n");
    expect(chooseInstalled(root, "standard-gpu")).toBe("lab");
  });

  test("of several, the selected one; none selected is refused, and no third one is made", () => {
    create("lab", "config: {}\n");
    create("other", "config: {}\n");
    for (const choose of [chooseInstalled, chooseWidened]) {
      expect(() => choose(root, undefined)).toThrow(
        "--stack: no stack is selected. Name one with --stack, or select it: pulumi stack select NAME. Created: lab, other",
      );
    }
    vi.stubEnv("PULUMI_STACK", "other");
    expect(chooseInstalled(root, undefined)).toBe("other");
    expect(chooseInstalled(root, "minimal")).toBe("other");
  });

  test("of several, another profile does not say which one is meant", () => {
    create("lab", "config: {}\n");
    create("other", "config: {}\n");
    vi.stubEnv("PULUMI_STACK", "other");
    expect(() => chooseInstalled(root, "standard-gpu")).toThrow(
      "--profile: there are several stacks, and --profile standard-gpu does not say which one it is for. Name one with --stack: lab, other",
    );
  });
});

describe("the stack's file", () => {
  test("of a new stack is a copy of its profile's, whatever became of that one", () => {
    const pattern = withoutSalt(read("minimal"));
    expect(planStackFile(root, { stack: "lab" })).toEqual({
      file: "stacks/Pulumi.lab.yaml",
      text: pattern,
      isNew: true,
      changes: [],
    });
    write("minimal", pattern.replace("profile: minimal", "profile: standard-gpu"));
    expect(planStackFile(root, { stack: "lab", profile: "minimal" }).text).toContain(
      "aistack:profile: minimal\n",
    );
  });

  test("of a new stack says where images come from, without a question", async () => {
    const change = planStackFile(root, { stack: "lab", images: "build" });
    expect(await writeStackFile(root, change, { dryRun: true })).toBe(true);
    expect(read("lab")).toContain("  aistack:images:\n    source: build\n");
    expect(told).toBe("");
  });

  const OWN =
    "# mine\nconfig:\n  aistack:profile: minimal # why\n  aistack:images: { overrides: { ollama: a:1 } }\nencryptionsalt: v1:x\n";

  test("that is there gets another profile and source, and keeps its own text", async () => {
    write("lab", OWN);
    const wanted = { stack: "lab", profile: "standard-gpu", images: "build" };
    expect(await writeStackFile(root, planStackFile(root, wanted), { yes: true })).toBe(true);
    expect(read("lab")).toBe(
      "# mine\nconfig:\n  aistack:profile: standard-gpu # why\n" +
        "  aistack:images: { overrides: { ollama: a:1 }, source: build }\nencryptionsalt: v1:x\n",
    );
    expect(told).toBe(
      "stacks/Pulumi.lab.yaml: aistack:profile: standard-gpu, aistack:images.source: build\n",
    );
  });

  test("that is there is not written where nobody can be asked, nor in a dry run", async () => {
    write("lab", OWN);
    const change = planStackFile(root, { stack: "lab", profile: "standard-gpu" });
    await expect(writeStackFile(root, change, {})).rejects.toThrow(
      "there is no terminal to ask on",
    );
    expect(await writeStackFile(root, change, { dryRun: true, yes: true })).toBe(false);
    expect(told).toBe("Would write to stacks/Pulumi.lab.yaml: aistack:profile: standard-gpu\n");
    expect(read("lab")).toBe(OWN);
  });

  test.each([{}, { profile: "minimal" }, { images: "auto" }])(
    "that says %j already is left as it is",
    async (wanted) => {
      const own = "config:   {}   # mine\n";
      write("lab", own);
      expect(await writeStackFile(root, planStackFile(root, { stack: "lab", ...wanted }), {})).toBe(
        true,
      );
      expect(read("lab")).toBe(own);
    },
  );

  test("whose services are named gets no profile that would change nothing", () => {
    write("lab", "config:\n  aistack:services: [ollama]\n");
    expect(() => planStackFile(root, { stack: "lab", profile: "standard-gpu" })).toThrow(
      "--profile: stack lab runs the services that aistack:services names, whatever its profile. " +
        "Remove aistack:services from stacks/Pulumi.lab.yaml, or add one: ./aistack install SERVICE --stack lab",
    );
  });
});
