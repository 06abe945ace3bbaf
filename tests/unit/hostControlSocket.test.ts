import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findControlPath } from "../../host/controlSocket";

const HOST = {
  address: "gpu1.lan",
  user: "root",
  port: 22,
  hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
};
const NAME = /^[0-9a-f]{16}$/;
const own = `aistack-${process.getuid?.()}`;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-sock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Folder of the socket, relative to the test's own. */
function folderOf(path: string | undefined): string | undefined {
  const at = path?.lastIndexOf("/") ?? -1;
  if (path === undefined) return undefined;
  expect(path.slice(at + 1)).toMatch(NAME);
  return path.slice(folder.length + 1, at);
}

const find = (environment: NodeJS.ProcessEnv = {}) => findControlPath(HOST, environment, folder);

describe("the folder of the socket", () => {
  test("is in the user's runtime folder, and nobody else can enter it", () => {
    expect(folderOf(find({ XDG_RUNTIME_DIR: folder }))).toBe("aistack");
    expect(statSync(join(folder, "aistack")).mode & 0o777).toBe(0o700);
  });

  test("is the user's own in the folder of all where there is no runtime folder", () => {
    expect(folderOf(find())).toBe(own);
    expect(statSync(join(folder, own)).mode & 0o777).toBe(0o700);
    expect(folderOf(find({ XDG_RUNTIME_DIR: join(folder, "absent") }))).toBe(own);
    expect(folderOf(find({ XDG_RUNTIME_DIR: "." }))).toBe(own);
  });

  test("is another one where the path would be too long for a socket", () => {
    const runtime = join(folder, "r".repeat(60));
    mkdirSync(runtime);
    expect(folderOf(find({ XDG_RUNTIME_DIR: runtime }))).toBe(own);
  });

  test("is another one where a shell would take the path for something else", () => {
    const runtime = join(folder, "it's");
    mkdirSync(runtime);
    expect(folderOf(find({ XDG_RUNTIME_DIR: runtime }))).toBe(own);
  });

  test("is none where every path would be too long", () => {
    const shared = join(folder, "s".repeat(60));
    mkdirSync(shared);
    expect(findControlPath(HOST, {}, shared)).toBeUndefined();
  });

  test("is none where others may enter it", () => {
    mkdirSync(join(folder, own));
    chmodSync(join(folder, own), 0o755);
    expect(find()).toBeUndefined();
  });

  test("is none where it is a link, wherever that leads", () => {
    mkdirSync(join(folder, "mine"), { mode: 0o700 });
    symlinkSync(join(folder, "mine"), join(folder, own));
    expect(find()).toBeUndefined();
  });

  test("is none where it is no folder's place", () => {
    expect(findControlPath(HOST, {}, join(folder, "absent"))).toBeUndefined();
  });
});

test("another user, port, host key or private key is another connection", () => {
  const paths = [
    HOST,
    { ...HOST, user: "me" },
    { ...HOST, port: 2222 },
    { ...HOST, hostKey: `ssh-ed25519 ${"B".repeat(68)}` },
    { ...HOST, privateKeyFile: "key" },
  ].map((host) => findControlPath(host, {}, folder));
  expect(new Set(paths).size).toBe(5);
  expect(find()).toBe(paths[0]);
});
