import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readModes } from "../../cli/doctor/stateFacts";
import { readLocks, releaseDeadLocks } from "../../cli/stackLocks";
import { chooseDeclaredStack, chooseStack, listStacks } from "../../cli/stackSelection";
import { readLastUpdate } from "../../cli/stacks/history";

let root: string;
let cache: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-root-"));
  cache = join(root, "cache");
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, content: unknown) => {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), JSON.stringify(content));
};
const create = (...names: string[]) => {
  for (const name of names) write(`.state/.pulumi/stacks/aistack/${name}.json`, {});
};
/** As Pulumi 3.259 writes it after `pulumi stack select`. */
const select = (settings: unknown) => {
  const project = createHash("sha1").update(`${root}/Pulumi.yaml`).digest("hex");
  write(`cache/workspaces/aistack-${project}-workspace.json`, settings);
};
const choose = (named?: string, environment: Record<string, string> = {}) =>
  chooseStack(root, named, { AISTACK_CACHE: cache, ...environment });

describe("the stack that a verb is about", () => {
  test("the one that was selected", () => {
    create("lab", "minimal");
    select({ stacks: { "file://./.state": "organization/aistack/lab" } });
    expect(choose()).toBe("lab");
  });

  test("the one that an older engine has selected", () => {
    create("lab", "minimal");
    select({ stack: "lab" });
    expect(choose()).toBe("lab");
  });

  test("the one that Pulumi's own variable names", () => {
    create("lab", "minimal");
    select({ stacks: { "file://./.state": "organization/aistack/lab" } });
    expect(choose(undefined, { PULUMI_STACK: "minimal" })).toBe("minimal");
  });

  test("the one that is named, before all else", () => {
    create("lab", "minimal");
    expect(choose("minimal", { PULUMI_STACK: "lab" })).toBe("minimal");
  });

  test("the only one there is", () => {
    create("lab");
    expect(choose()).toBe("lab");
  });

  test("the only one, where the selected one was removed", () => {
    create("lab");
    select({ stacks: { "file://./.state": "organization/aistack/gone" } });
    expect(choose()).toBe("lab");
  });

  test("none of several, where none is selected", () => {
    create("lab", "minimal");
    expect(() => choose()).toThrow(
      "--stack: no stack is selected. Name one with --stack, or select it: pulumi stack select NAME. Created: lab, minimal",
    );
  });

  test("none where nothing was installed", () => {
    expect(() => choose()).toThrow("nothing is installed from this checkout yet. Run ./install.sh");
  });

  test("a damaged choice is none", () => {
    create("lab", "minimal");
    select("no mapping");
    expect(() => choose()).toThrow("no stack is selected");
  });

  test("one that was not created, with the one that was probably meant", () => {
    create("lab", "minimal");
    expect(() => choose("minmal")).toThrow(
      '--stack: there is no stack "minmal". Did you mean "minimal"? Created: lab, minimal. Create it with: ./install.sh --stack minmal',
    );
  });

  test("both that nothing is installed and that none is selected mean: the host is not ready", () => {
    expect(() => choose()).toThrow(expect.objectContaining({ name: "HostNotReadyError" }));
    create("lab", "minimal");
    expect(() => choose()).toThrow(expect.objectContaining({ name: "HostNotReadyError" }));
    expect(() => choose("x")).toThrow(expect.objectContaining({ name: "StackError" }));
  });
});

describe("the stack of a verb that its file is enough for", () => {
  test("is one that was not created yet", () => {
    write("stacks/Pulumi.lab.yaml", {});
    expect(chooseDeclaredStack(root, "lab")).toBe("lab");
  });

  test("is none without a file, created or not", () => {
    create("ghost");
    write("stacks/Pulumi.lab.yaml", {});
    expect(() => chooseDeclaredStack(root, "ghost")).toThrow(
      "--stack: there is no file stacks/Pulumi.ghost.yaml",
    );
    expect(() => chooseDeclaredStack(root, "labb")).toThrow('Did you mean "lab"?');
  });

  test("is the only one that was created, where none is named", () => {
    create("lab");
    expect(chooseDeclaredStack(root, undefined)).toBe("lab");
  });
});

test("stacks are those that the backend has, sorted; its backups of files are none", () => {
  create("minimal", "lab");
  write(".state/.pulumi/stacks/aistack/lab.json.bak", {});
  expect(listStacks(root)).toEqual(["lab", "minimal"]);
});

describe("the last update", () => {
  const folder = ".state/.pulumi/history/aistack/lab";
  test("is the newest that the history has", () => {
    write(`${folder}/lab-1795581376275031803.history.json`, {
      kind: "update",
      result: "succeeded",
      startTime: 1795581358,
      endTime: 1795581376,
    });
    write(`${folder}/lab-1795581376275031803.checkpoint.json`, {});
    write(`${folder}/lab-1795581999275031803.history.json`, {
      kind: "destroy",
      result: "failed",
      startTime: 1795581990,
      endTime: 1795581999,
    });
    expect(readLastUpdate(root, "lab")).toEqual({
      kind: "destroy",
      result: "failed",
      time: "2026-11-25T04:46:39.000Z",
    });
  });

  test.each([
    ["no folder", undefined],
    ["a damaged record", "x"],
  ])("is unknown with %s", (_what, content) => {
    if (content !== undefined) write(`${folder}/lab-1.history.json`, content);
    expect(readLastUpdate(root, "lab")).toBeUndefined();
  });
});

describe("what a doctor sees of the state", () => {
  test("permissions; nothing where nothing is", () => {
    expect(readModes(root)).toEqual({ folder: undefined, passphrase: undefined });
    mkdirSync(join(root, ".state"), { mode: 0o750 });
    writeFileSync(join(root, ".state", "passphrase"), "x", { mode: 0o600 });
    const { folder = 0, passphrase = 0 } = readModes(root);
    expect([folder & 0o777, passphrase & 0o777]).toEqual([0o750, 0o600]);
  });

  const lockFolder = ".state/.pulumi/locks/organization/aistack/lab";
  const timestamp = "2026-11-22T10:00:00.5+01:00";
  test("a lock whose process is another one by now was left behind", () => {
    write(`${lockFolder}/a.json`, { pid: process.pid, hostname: hostname(), timestamp });
    expect(readLocks(root)).toEqual([
      {
        path: join(root, lockFolder, "a.json"),
        stack: "lab",
        pid: process.pid,
        host: hostname(),
        since: new Date("2026-11-22T09:00:00.500Z"),
        alive: false,
      },
    ]);
  });

  test("a lock of another host: nobody here can tell", () => {
    write(`${lockFolder}/a.json`, { pid: 1, hostname: "elsewhere.example", timestamp });
    expect(readLocks(root)).toMatchObject([{ host: "elsewhere.example", alive: undefined }]);
  });

  test("released are a stack's locks whose process is dead, and no other", () => {
    const dead = { pid: process.pid, hostname: hostname(), timestamp };
    write(`${lockFolder}/dead.json`, dead);
    write(`${lockFolder}/elsewhere.json`, { ...dead, hostname: "elsewhere.example" });
    write(`${lockFolder}/../office/dead.json`, dead);
    expect(releaseDeadLocks(root, "lab").map(({ path }) => path)).toEqual([
      join(root, lockFolder, "dead.json"),
    ]);
    expect(
      readLocks(root)
        .map(({ stack, host }) => [stack, host])
        .sort(),
    ).toEqual([
      ["lab", "elsewhere.example"],
      ["office", hostname()],
    ]);
    expect(releaseDeadLocks(root, "lab")).toEqual([]);
  });

  test("no lock, and a file that is none", () => {
    expect(readLocks(root)).toEqual([]);
    write(`${lockFolder}/a.json`, ["x"]);
    expect(readLocks(root)).toEqual([]);
  });
});
