import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../support/freePort";
import { type Sshd, startSshd } from "../support/provider/sshd";
import {
  assetArchive,
  fileArchive,
  fileAsset,
  type Properties,
  secret,
  textAsset,
  unknown,
} from "../support/provider/values";
import { failure, usePlugin } from "../support/provider/workspace";

const type = "remote:CopyToRemote";
const { plugin, workspace } = usePlugin();
let sshd: Sshd;
let connection: Properties;

beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd.stop();
});
beforeEach(() => {
  connection = {
    host: "127.0.0.1",
    port: sshd.port,
    user: sshd.user,
    privateKey: sshd.privateKey,
    hostKey: sshd.hostKey,
    dialErrorLimit: 0,
    perDialTimeout: 5,
  };
});

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const text = (content: string) => textAsset(content, sha256(content));

/** A source file with this content. */
function file(name: string, content: string): Properties {
  return fileAsset(workspace.write(name, content), sha256(content));
}

/** A source folder; the engine's hash covers the content, for which the tests give a word. */
function folder(path: string, content: string): Properties {
  return fileArchive(path, sha256(content));
}

function copy(source: Properties, remotePath: string) {
  return plugin().create(type, { connection, source, remotePath });
}

describe("CopyToRemote of a file", () => {
  it("copies to the path", async () => {
    const source = file("source.txt", "content");
    const made = await copy(source, workspace.at("dest.txt"));
    expect(workspace.read("dest.txt")).toBe("content");
    expect(made.id).toMatch(/^[0-9a-f]{8}$/);
    expect(made.state).toEqual({
      connection: secret({ ...connection, privateKey: secret(sshd.privateKey) }),
      source,
      remotePath: workspace.at("dest.txt"),
    });
  });

  it("copies into a folder that is there", async () => {
    mkdirSync(workspace.at("dest"));
    await copy(file("source.txt", "content"), workspace.at("dest"));
    expect(workspace.read("dest/source.txt")).toBe("content");
  });

  it("makes the folders on the way", async () => {
    await copy(file("source.txt", "content"), workspace.at("a/b/c.txt"));
    expect(workspace.read("a/b/c.txt")).toBe("content");
  });

  it("overwrites a file, also a longer one", async () => {
    workspace.write("dest.txt", "something longer");
    await copy(file("source.txt", "short"), workspace.at("dest.txt"));
    expect(workspace.read("dest.txt")).toBe("short");
  });

  it("copies a large one", async () => {
    const content = "0123456789abcdef".repeat(1 << 18);
    await copy(file("large", content), workspace.at("dest"));
    expect(sha256(workspace.read("dest"))).toBe(sha256(content));
  });

  it("fails without the source", async () => {
    const source = fileAsset(workspace.at("none"), sha256(""));
    expect(await failure(copy(source, workspace.at("dest")))).toContain(
      `${workspace.at("none")}: no such file or directory`,
    );
  });

  it("fails when the path cannot be written", async () => {
    expect(await failure(copy(text("x"), "/proc/none/such"))).toContain("/proc/none");
  });
});

describe("CopyToRemote of a text", () => {
  it("writes it", async () => {
    await copy(text("line\n"), workspace.at("deep/dest.txt"));
    expect(workspace.read("deep/dest.txt")).toBe("line\n");
  });

  it("wants the name of a file", async () => {
    mkdirSync(workspace.at("dest"));
    expect(await failure(copy(text("x"), workspace.at("dest")))).toContain(
      `remote path ${workspace.at("dest")} is a directory`,
    );
  });

  it("stays secret in the state", async () => {
    const made = await copy(secret(text("hunter2")), workspace.at("dest"));
    expect(workspace.read("dest")).toBe("hunter2");
    expect(made.state.source).toEqual(secret(text("hunter2")));
  });
});

describe("CopyToRemote of a folder", () => {
  beforeEach(() => {
    workspace.write("source/a.txt", "a");
    workspace.write("source/sub/b.txt", "b");
  });

  it("makes the folder in the destination, which it makes too", async () => {
    await copy(folder(workspace.at("source"), "1"), workspace.at("x/dest"));
    expect(workspace.read("x/dest/source/a.txt")).toBe("a");
    expect(workspace.read("x/dest/source/sub/b.txt")).toBe("b");
  });

  it("copies just the content when its path ends with a slash", async () => {
    await copy(folder(`${workspace.at("source")}/`, "1"), workspace.at("dest"));
    expect(workspace.read("dest/a.txt")).toBe("a");
    expect(workspace.read("dest/sub/b.txt")).toBe("b");
  });

  it("overwrites and leaves what else is there", async () => {
    workspace.write("dest/a.txt", "old");
    workspace.write("dest/other.txt", "other");
    await copy(folder(`${workspace.at("source")}/`, "1"), workspace.at("dest"));
    expect(workspace.read("dest/a.txt")).toBe("a");
    expect(workspace.read("dest/other.txt")).toBe("other");
  });

  it.each(["", "/"])("fails when the destination is a file (source ends with %j)", async (end) => {
    workspace.write("dest", "a file");
    await failure(copy(folder(workspace.at("source") + end, "1"), workspace.at("dest")));
    expect(workspace.read("dest")).toBe("a file");
  });

  it("copies an archive file as it is", async () => {
    workspace.write("packed.tgz", "not really packed");
    await copy(folder(workspace.at("packed.tgz"), "1"), workspace.at("dest.tgz"));
    expect(workspace.read("dest.tgz")).toBe("not really packed");
  });
});

describe("a changed CopyToRemote", () => {
  it("copies when the content changed", async () => {
    const old = await copy(text("one"), workspace.at("dest"));
    const next = { connection, source: text("two"), remotePath: workspace.at("dest") };
    expect(await plugin().diff(type, old, next)).toEqual({
      changed: true,
      diffs: ["source"],
      replaces: [],
    });
    const updated = await plugin().update(type, old, next);
    expect(updated.state.source).toEqual(text("two"));
    expect(workspace.read("dest")).toBe("two");
  });

  it("copies when the path changed, and leaves the old file", async () => {
    const old = await copy(text("one"), workspace.at("dest"));
    const next = { connection, source: text("one"), remotePath: workspace.at("other") };
    await plugin().update(type, old, next);
    expect(workspace.read("dest")).toBe("one");
    expect(workspace.read("other")).toBe("one");
  });

  it("copies nothing when only the way there changed", async () => {
    const old = await copy(text("one"), workspace.at("dest"));
    workspace.write("dest", "edited by hand");
    const moved = { ...connection, perDialTimeout: 6 };
    const next = { connection: moved, source: text("one"), remotePath: workspace.at("dest") };
    await plugin().update(type, old, next);
    expect(workspace.read("dest")).toBe("edited by hand");
  });

  it("is replaced for triggers", async () => {
    const old = await copy(text("one"), workspace.at("dest"));
    const next = { connection, source: text("one"), remotePath: workspace.at("dest") };
    expect(await plugin().diff(type, old, { ...next, triggers: ["x"] })).toEqual({
      changed: true,
      diffs: ["triggers"],
      replaces: ["triggers"],
    });
  });

  it("has not changed when nothing did", async () => {
    const old = await copy(text("one"), workspace.at("dest"));
    const next = { connection, source: text("one"), remotePath: workspace.at("dest") };
    expect(await plugin().diff(type, old, next)).toEqual({
      changed: false,
      diffs: [],
      replaces: [],
    });
  });

  it("leaves the file when it is deleted", async () => {
    const old = await copy(text("one"), workspace.at("dest"));
    await plugin().delete(type, old);
    expect(workspace.read("dest")).toBe("one");
  });

  describe("beyond the vendor", () => {
    it("copies when it is another server", async () => {
      const old = await copy(text("one"), workspace.at("dest"));
      const elsewhere = { ...connection, port: await freePort() };
      const next = { connection: elsewhere, source: text("one"), remotePath: workspace.at("dest") };
      expect(await failure(plugin().update(type, old, next))).toContain("connection refused");
    });
  });
});

describe("the check of a CopyToRemote", () => {
  const reasons = async (source: Properties | string) => {
    const args = { connection, remotePath: "/tmp/x", source };
    const { failures } = await plugin().check(type, args);
    return failures.map(({ reason }) => reason);
  };

  it("takes files, texts and folders", async () => {
    expect(await reasons(file("a", "a"))).toEqual([]);
    expect(await reasons(text("a"))).toEqual([]);
    expect(await reasons(folder(workspace.path, "1"))).toEqual([]);
  });

  it("refuses an archive of single assets", async () => {
    expect(await reasons(assetArchive({ a: text("a") }, sha256("1")))).toEqual([
      "archive must be a path to a file or directory",
    ]);
  });

  it("copies nothing in a preview", async () => {
    const args = { connection, source: text("one"), remotePath: workspace.at("dest") };
    const planned = await plugin().create(type, args, { preview: true });
    expect(planned.state).toMatchObject({ remotePath: workspace.at("dest"), source: text("one") });
    expect(workspace.has("dest")).toBe(false);
  });

  describe("beyond the vendor", () => {
    it("takes a source that is not known yet", async () => {
      expect(await reasons(unknown)).toEqual([]);
    });
  });
});
