import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { secret, unknown } from "../support/provider/values";
import { usePlugin } from "../support/provider/workspace";

const type = "local:Command";
const { plugin } = usePlugin();

// A folder of its own: asset paths are looked for in all of it, and others write to /tmp meanwhile.
const folder = mkdtempSync(join(tmpdir(), "command-diff-"));
afterAll(() => rmSync(folder, { recursive: true }));

const args = {
  create: "echo create",
  update: "echo update",
  delete: "echo delete",
  stdin: "in",
  environment: { A: "1" },
  dir: folder,
  interpreter: ["/bin/sh", "-c"],
  logging: "none",
  addPreviousOutputInEnv: true,
  assetPaths: ["none-such"],
  archivePaths: ["none-such"],
};

const otherValues = {
  create: "echo other",
  update: "echo other",
  delete: "echo other",
  stdin: "other",
  environment: { A: "2" },
  dir: "/",
  interpreter: ["/bin/bash", "-c"],
  logging: "stdout",
  addPreviousOutputInEnv: false,
  assetPaths: ["other"],
  archivePaths: ["other"],
};

describe("the difference between two versions of a local.Command", () => {
  it("is none when nothing changed", async () => {
    const old = await plugin().create(type, { ...args, triggers: ["a", { b: [1, true] }] });
    const diff = await plugin().diff(type, old, { ...args, triggers: ["a", { b: [1, true] }] });
    expect(diff).toEqual({ changed: false, diffs: [], replaces: [] });
  });

  it.each(Object.entries(otherValues))("is an update in place for %s", async (name, value) => {
    const old = await plugin().create(type, args);
    expect(await plugin().diff(type, old, { ...args, [name]: value })).toEqual({
      changed: true,
      diffs: [name],
      replaces: [],
    });
  });

  it.each(Object.keys(args))("is an update in place when %s is taken away", async (name) => {
    const old = await plugin().create(type, args);
    const { [name as "stdin"]: _, ...rest } = args;
    expect(await plugin().diff(type, old, rest)).toEqual({
      changed: true,
      diffs: [name],
      replaces: [],
    });
  });

  it("is a replacement when triggers come or go", async () => {
    const without = await plugin().create(type, args);
    const replacement = { changed: true, diffs: ["triggers"], replaces: ["triggers"] };
    expect(await plugin().diff(type, without, { ...args, triggers: ["a"] })).toEqual(replacement);
    const having = await plugin().create(type, { ...args, triggers: ["a"] });
    expect(await plugin().diff(type, having, args)).toEqual(replacement);
  });

  it("has the triggers in it when one of them changes", async () => {
    const old = await plugin().create(type, { ...args, triggers: ["a", "b"] });
    const diff = await plugin().diff(type, old, { ...args, triggers: ["a", "c"] });
    expect(diff).toMatchObject({ changed: true, diffs: ["triggers"] });
  });

  it("sees that a value became secret or unknown", async () => {
    const old = await plugin().create(type, args);
    const diff = await plugin().diff(type, old, { ...args, stdin: unknown });
    expect(diff).toEqual({ changed: true, diffs: ["stdin"], replaces: [] });
  });

  it("sees a change under a secret", async () => {
    const old = await plugin().create(type, { ...args, stdin: secret("one") });
    expect(await plugin().diff(type, old, { ...args, stdin: secret("one") })).toEqual({
      changed: false,
      diffs: [],
      replaces: [],
    });
    expect(await plugin().diff(type, old, { ...args, stdin: secret("two") })).toEqual({
      changed: true,
      diffs: ["stdin"],
      replaces: [],
    });
  });

  describe("beyond the vendor", () => {
    it.each([
      ["changed", ["a", "c"]],
      ["added", ["a", "b", "c"]],
      ["removed", ["a"]],
    ])(
      "is a replacement when one trigger is %s, whatever the SDK asks for",
      async (_, triggers) => {
        const old = await plugin().create(type, { ...args, triggers: ["a", "b"] });
        expect(await plugin().diff(type, old, { ...args, triggers })).toEqual({
          changed: true,
          diffs: ["triggers"],
          replaces: ["triggers"],
        });
      },
    );
  });
});

describe("a preview", () => {
  const marker = "/tmp/aistack-plugin-preview-must-not-run";
  const create = `touch ${marker}; exit 1`;

  it("of a create runs nothing and does not know the output", async () => {
    const planned = await plugin().create(type, { create, stdin: "in" }, { preview: true });
    expect(planned.state).toEqual({ create, stdin: "in", stdout: unknown, stderr: unknown });
  });

  it("of an update runs nothing and does not know the output", async () => {
    const old = await plugin().create(type, { create: "echo hi", stdin: "one" });
    const planned = await plugin().update(type, old, { create, stdin: "two" }, { preview: true });
    expect(planned.state).toEqual({ create, stdin: "two", stdout: unknown, stderr: unknown });
  });

  it("takes inputs that are not known yet", async () => {
    const planned = await plugin().create(
      type,
      { create: unknown, environment: { A: unknown, B: "2" }, interpreter: ["sh", unknown] },
      { preview: true },
    );
    expect(planned.state).toEqual({
      create: unknown,
      environment: { A: unknown, B: "2" },
      interpreter: ["sh", unknown],
      stdout: unknown,
      stderr: unknown,
    });
  });

  it("keeps secrets secret", async () => {
    const planned = await plugin().create(
      type,
      { create: secret(create), environment: { PASSWORD: secret("hunter2") } },
      { preview: true },
    );
    expect(planned.state).toMatchObject({
      create: secret(create),
      environment: { PASSWORD: secret("hunter2") },
    });
  });

  describe("beyond the vendor", () => {
    it("does not know the output when an input was added", async () => {
      const old = await plugin().create(type, { create: "echo hi" });
      const next = { create: "echo hi", update: "echo updated" };
      const planned = await plugin().update(type, old, next, { preview: true });
      expect(planned.state).toEqual({ ...next, stdout: unknown, stderr: unknown });
    });

    it("does not know the files that a command will make", async () => {
      const next = { create, assetPaths: ["*.txt"], archivePaths: ["*.bin"] };
      const planned = await plugin().create(type, next, { preview: true });
      expect(planned.state).toEqual({
        ...next,
        stdout: unknown,
        stderr: unknown,
        assets: unknown,
        archive: unknown,
      });
    });
  });
});
