import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { assetArchive, fileAsset, type Properties } from "../support/provider/values";
import { failure, usePlugin } from "../support/provider/workspace";

const type = "local:Command";
const { plugin, workspace } = usePlugin();

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** The asset of a file, whose content is its own name. */
function asset(name: string): Properties {
  return fileAsset(workspace.at(name), sha256(name));
}

function assets(...names: string[]): Properties {
  return Object.fromEntries(names.map((name) => [name, asset(name)]));
}

async function found(assetPaths: string[]): Promise<unknown> {
  const made = await plugin().create(type, { create: "true", dir: workspace.path, assetPaths });
  return made.state.assets;
}

beforeEach(() => {
  for (const name of [
    "assets/logos/logo.svg",
    "src/index.js",
    "src/secret.js",
    "src/lib/deep/util.js",
    "top.js",
  ]) {
    workspace.write(name, name);
  }
});

describe("assetPaths", () => {
  it("are the files that the command left", async () => {
    const args = {
      create: "printf made.txt >made.txt",
      dir: workspace.path,
      assetPaths: ["made.txt"],
    };
    const made = await plugin().create(type, args);
    expect(made.state).toEqual({ ...args, stdout: "", stderr: "", assets: assets("made.txt") });
  });

  it.each([
    ["a star stays in its folder", ["*.js"], ["top.js"]],
    ["a star stays in its folder, deeper down", ["src/*.js"], ["src/index.js", "src/secret.js"]],
    [
      "two stars go through folders",
      ["src/**.js"],
      ["src/index.js", "src/secret.js", "src/lib/deep/util.js"],
    ],
    [
      "an exclamation mark takes out",
      ["assets/**", "src/**.js", "!**secret.*"],
      ["assets/logos/logo.svg", "src/index.js", "src/lib/deep/util.js"],
    ],
    ["later rules win", ["!src/secret.js", "src/s*.js"], ["src/secret.js"]],
    ["folders are no files", ["src"], []],
    ["alternatives", ["{top,none}.js"], ["top.js"]],
    ["nothing", [], []],
  ])("%s", async (_, patterns, names) => {
    expect(await found(patterns)).toEqual(assets(...names));
  });

  it("refuse a pattern that is none", async () => {
    expect(await failure(found(["[top.js"]))).not.toBe("");
  });

  it("are gathered again on update", async () => {
    const args = { create: "true", dir: workspace.path, assetPaths: ["*.txt"] };
    const old = await plugin().create(type, args);
    expect(old.state.assets).toEqual({});
    const next = { ...args, create: "printf new.txt >new.txt" };
    const updated = await plugin().update(type, old, next);
    expect(updated.state.assets).toEqual(assets("new.txt"));
  });

  it("work for local.run", async () => {
    const result = await plugin().invoke("local:run", {
      command: "true",
      dir: workspace.path,
      assetPaths: ["top.js"],
      archivePaths: ["top.js"],
    });
    expect(result).toMatchObject({
      assets: assets("top.js"),
      archive: { assets: assets("top.js") },
    });
  });
});

describe("archivePaths", () => {
  it("are one archive of the files that the command left", async () => {
    const made = await plugin().create(type, {
      create: "true",
      dir: workspace.path,
      archivePaths: ["src/*.js", "!**secret*"],
    });
    const archive = made.state.archive as Properties;
    expect(archive).toMatchObject(assetArchive(assets("src/index.js"), String(archive.hash)));
    expect(Object.keys(archive.assets as Properties)).toEqual(["src/index.js"]);
    expect(archive.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(made.state.assets).toBeUndefined();
  });
});
