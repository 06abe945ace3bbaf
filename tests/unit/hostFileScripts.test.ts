import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runHostScripts as run } from "../support/host/scripts";

/*
 * The scripts that write on a host, run for real in a folder: no root, no systemd. With both, the end-to-end
 * tests run them.
 */

const SHA256 = (text: string) => createHash("sha256").update(text).digest("hex");

let folder = "";
const at = (...names: string[]) => join(folder, ...names);
const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8).padStart(4, "0");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-host-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The hash that is remembered of a file. */
const recorded = (name: string) => readFileSync(at("records", name), "utf8").split("\n")[0];

const DONE = { status: 0, stderr: "" };

describe("a file", () => {
  const variables = (changes: Record<string, string> = {}) => ({
    FILE: at("etc", "a.conf"),
    CONTENT: "a 'b' $c\n%d\n",
    MODE: "0640",
    OWNER: "",
    RECORDS: at("records"),
    ...changes,
  });
  const write = (changes: Record<string, string> = {}) =>
    run(["files", "file"], variables(changes));

  test("is written with its mode, and remembered by its hash", () => {
    expect(write()).toEqual(DONE);
    expect(readFileSync(at("etc/a.conf"), "utf8")).toBe("a 'b' $c\n%d\n");
    expect(mode(at("etc/a.conf"))).toBe("0640");
    expect(recorded("a.conf")).toBe(SHA256("a 'b' $c\n%d\n"));
    expect(readdirSync(at("etc"))).toEqual(["a.conf"]);
  });

  test("written again is not touched", () => {
    write();
    utimesSync(at("etc/a.conf"), 1000, 1000);
    expect(write()).toEqual(DONE);
    expect(statSync(at("etc/a.conf")).mtimeMs).toBe(1_000_000);
  });

  test("gets its mode back without being written", () => {
    write();
    chmodSync(at("etc/a.conf"), 0o4777);
    utimesSync(at("etc/a.conf"), 1000, 1000);
    expect(write()).toEqual(DONE);
    expect(mode(at("etc/a.conf"))).toBe("0640");
    expect(statSync(at("etc/a.conf")).mtimeMs).toBe(1_000_000);
  });

  test.each(["is edited", "is longer by a line feed"])("that %s is replaced", (how) => {
    write();
    writeFileSync(at("etc/a.conf"), how === "is edited" ? "x" : "a 'b' $c\n%d\n\n");
    expect(write()).toEqual(DONE);
    expect(readFileSync(at("etc/a.conf"), "utf8")).toBe("a 'b' $c\n%d\n");
  });

  test("does not land where a link at its place points to", () => {
    mkdirSync(at("etc"));
    writeFileSync(at("victim"), "untouched");
    symlinkSync(at("victim"), at("etc/a.conf"));
    expect(write()).toEqual(DONE);
    expect(readFileSync(at("victim"), "utf8")).toBe("untouched");
    expect(lstatSync(at("etc/a.conf")).isFile()).toBe(true);
  });

  test("a link to the same content is a link all the same", () => {
    mkdirSync(at("etc"));
    writeFileSync(at("victim"), "a 'b' $c\n%d\n");
    symlinkSync(at("victim"), at("etc/a.conf"));
    expect(write()).toEqual(DONE);
    expect(lstatSync(at("etc/a.conf")).isFile()).toBe(true);
  });

  test("a folder at its place is left alone, and told", () => {
    mkdirSync(at("etc/a.conf"), { recursive: true });
    const { status, stderr } = write();
    expect(status).toBe(1);
    expect(stderr).toContain("cannot overwrite directory");
    expect(readdirSync(at("etc"))).toEqual(["a.conf"]);
  });

  test("what a killed run left beside it is removed", () => {
    mkdirSync(at("etc"));
    writeFileSync(at("etc/.a.conf.Ab12cD~"), "half");
    writeFileSync(at("etc/.b.conf.Ab12cD~"), "somebody else's");
    expect(write()).toEqual(DONE);
    expect(readdirSync(at("etc")).sort()).toEqual([".b.conf.Ab12cD~", "a.conf"]);
  });

  test("is removed with what was remembered, and may be gone already", () => {
    write();
    writeFileSync(at("etc/mine"), "stays");
    for (let times = 0; times < 2; times += 1)
      expect(run(["files", "file-remove"], variables(), "delete")).toEqual(DONE);
    expect(readdirSync(at("etc"))).toEqual(["mine"]);
    expect(readdirSync(at("records"))).toEqual([]);
  });
});

describe("the agent's executable", () => {
  const AGENT = '#!/bin/sh\n[ "$1" = --version ]\n';
  const install = (content: string, changes: Record<string, string> = {}) => {
    writeFileSync(at("built"), content);
    return run(["files", "executable"], {
      FILE: at("lib/agent"),
      SHA256: SHA256(content),
      MODE: "0755",
      OWNER: "",
      SOURCE: at("built"),
      COPIED: "no",
      RECORDS: at("records"),
      ...changes,
    });
  };

  test("is put in place, executable and remembered", () => {
    expect(install(AGENT)).toEqual(DONE);
    expect(readFileSync(at("lib/agent"), "utf8")).toBe(AGENT);
    expect(mode(at("lib/agent"))).toBe("0755");
    expect(recorded("agent")).toBe(SHA256(AGENT));
    expect(existsSync(at("built"))).toBe(true);
  });

  test("installed again is not touched, whatever became of the source", () => {
    install(AGENT);
    utimesSync(at("lib/agent"), 1000, 1000);
    expect(install(AGENT, { SOURCE: at("gone") })).toEqual(DONE);
    expect(statSync(at("lib/agent")).mtimeMs).toBe(1_000_000);
  });

  test("a copy that was sent is removed", () => {
    expect(install(AGENT, { COPIED: "yes" })).toEqual(DONE);
    expect(existsSync(at("built"))).toBe(false);
  });

  test("with another hash is refused, and the old one stays", () => {
    install(AGENT);
    expect(install(`${AGENT}#`, { SHA256: "0".repeat(64) })).toEqual({
      status: 1,
      stderr: `${at("built")} is not the agent that was built: its SHA-256 is not ${"0".repeat(64)}\n`,
    });
    expect(readFileSync(at("lib/agent"), "utf8")).toBe(AGENT);
    expect(readdirSync(at("lib"))).toEqual(["agent"]);
  });

  test("that does not run here is refused, and the old one stays", () => {
    install(AGENT);
    const machine = spawnSync("uname", ["-m"], { encoding: "utf8" }).stdout.trim();
    expect(install("#!/bin/sh\nexit 126\n")).toEqual({
      status: 1,
      stderr: `the agent that was built does not run on this host (${machine})\n`,
    });
    expect(readFileSync(at("lib/agent"), "utf8")).toBe(AGENT);
    expect(readdirSync(at("lib"))).toEqual(["agent"]);
  });
});

describe("the folders of a stack's own", () => {
  const variables = () => ({
    ROOT: folder,
    FOLDERS: "0750 aistack aistack /a\n0755 root root /a/b",
  });
  const remove = () => run(["baseline-remove"], variables(), "delete");

  test("are removed as far as they are empty, and the host's stay", () => {
    for (const name of ["a/b", "var/lib/aistack"]) mkdirSync(at(name), { recursive: true });
    writeFileSync(at("a/data"), "");
    expect(remove()).toEqual(DONE);
    expect(readdirSync(at("a"))).toEqual(["data"]);
    rmSync(at("a/data"));
    for (let times = 0; times < 2; times += 1) expect(remove()).toEqual(DONE);
    expect(readdirSync(folder)).toEqual(["var"]);
    expect(readdirSync(at("var/lib"))).toEqual(["aistack"]);
  });

  test("a link at one's place stays: it is somebody else's", () => {
    mkdirSync(at("elsewhere"));
    symlinkSync(at("elsewhere"), at("a"));
    expect(remove()).toEqual(DONE);
    expect(readdirSync(folder).sort()).toEqual(["a", "elsewhere"]);
  });
});

describe("a unit under another root", () => {
  const units = () => at("etc/systemd/system");
  const variables = (changes: Record<string, string> = {}) => ({
    UNIT: "x.timer",
    FILE: at("etc/systemd/system/x.timer"),
    CONTENT: "[Timer]\n",
    MODE: "0644",
    OWNER: "",
    ROOT: folder,
    LINK: at("etc/systemd/system/timers.target.wants/x.timer"),
    GPUS: "yes",
    RUNNING: "yes",
    READS: "",
    WRITES: "",
    DROP_INS: ["etc", "run"].map((name) => at(name, "systemd/system/x.timer.d")).join("\n"),
    RECORDS: at("records"),
    SET_ASIDE: at("aside"),
    ...changes,
  });
  const install = (changes: Record<string, string> = {}) =>
    run(["files", "systemd", "process", "unit"], variables(changes));

  test("is written, and linked as the host will see it", () => {
    expect(install()).toEqual(DONE);
    expect(readFileSync(join(units(), "x.timer"), "utf8")).toBe("[Timer]\n");
    expect(readlinkSync(join(units(), "timers.target.wants/x.timer"))).toBe(
      "/etc/systemd/system/x.timer",
    );
  });

  test("that nothing starts has no link", () => {
    expect(install({ LINK: "" })).toEqual(DONE);
    expect(readdirSync(units())).toEqual(["x.timer"]);
  });

  test("that is masked is unmasked, and that is told", () => {
    mkdirSync(units(), { recursive: true });
    symlinkSync("/dev/null", join(units(), "x.timer"));
    expect(install()).toEqual({
      status: 0,
      stderr: `x.timer was masked by ${units()}/x.timer; it is unmasked\n`,
    });
    expect(readFileSync(join(units(), "x.timer"), "utf8")).toBe("[Timer]\n");
  });

  test("its drop-ins are kept elsewhere, and that is told; those of others stay", () => {
    for (const name of ["etc/systemd/system/x.timer.d", "run/systemd/system/y.timer.d"])
      mkdirSync(at(name), { recursive: true });
    writeFileSync(join(units(), "x.timer.d/my own.conf"), "[Timer]\nOnBootSec=1\n");
    writeFileSync(at("run/systemd/system/y.timer.d/a.conf"), "");
    const { status, stderr } = install();
    expect(status).toBe(0);
    const [kept = ""] = readdirSync(at("aside"));
    expect(kept).toMatch(/^x\.timer\.my own\.conf\.\d{8}T\d{6}Z$/);
    expect(stderr).toBe(
      `${units()}/x.timer.d/my own.conf altered x.timer; it was moved to ${at("aside")}/${kept}\n`,
    );
    expect(readFileSync(at("aside", kept), "utf8")).toBe("[Timer]\nOnBootSec=1\n");
    expect(readdirSync(units()).sort()).toEqual(["timers.target.wants", "x.timer"]);
    expect(readdirSync(at("run/systemd/system/y.timer.d"))).toEqual(["a.conf"]);
  });

  test("its drop-ins in a folder elsewhere, to which a link leads, are moved as well", () => {
    for (const name of ["etc/systemd/system", "elsewhere"])
      mkdirSync(at(name), { recursive: true });
    symlinkSync(at("elsewhere"), join(units(), "x.timer.d"));
    writeFileSync(at("elsewhere/a.conf"), "");
    expect(install().status).toBe(0);
    expect(readdirSync(at("elsewhere"))).toEqual([]);
    expect(readdirSync(at("aside"))).toEqual([
      expect.stringMatching(/^x\.timer\.a\.conf\.\d{8}T\d{6}Z$/),
    ]);
  });

  test("a link that hides a drop-in for all units from this one stays", () => {
    mkdirSync(join(units(), "x.timer.d"), { recursive: true });
    symlinkSync("/dev/null", join(units(), "x.timer.d/a.conf"));
    expect(install()).toEqual(DONE);
    expect(readlinkSync(join(units(), "x.timer.d/a.conf"))).toBe("/dev/null");
  });

  test("is removed with its link; a drop-in of the user's stays and is told", () => {
    install();
    mkdirSync(join(units(), "x.timer.d"));
    writeFileSync(join(units(), "x.timer.d/a.conf"), "");
    expect(run(["files", "systemd", "unit-remove"], variables(), "delete")).toEqual({
      status: 0,
      stderr: `${units()}/x.timer.d/a.conf is not aistack's, so it stays\n`,
    });
    expect(readdirSync(units()).sort()).toEqual(["timers.target.wants", "x.timer.d"]);
    expect(readdirSync(join(units(), "timers.target.wants"))).toEqual([]);
  });
});
