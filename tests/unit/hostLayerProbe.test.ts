import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostLayerProbe } from "../../host/hostLayerProbe";
import { readBaselineScript } from "../../host/hostScripts";
import { resolveHostLayer } from "../../plan/hostDrift";
import { parseHostFileFacts } from "../../plan/hostFileFacts";
import type { HostLayerSpec } from "../../plan/hostLayer";
import { runHostScript, runHostScripts } from "../support/host/scripts";
import { planLayer } from "../support/plan/hostLayer";

const HERE = { dockerHost: "unix:///run/docker.sock", ssh: undefined, sshOptions: undefined };

let folder = "";
let spec: HostLayerSpec;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-host-"));
  spec = planLayer({ hostRoot: folder });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the probe as the program does. */
function look() {
  const { command, stdin } = hostLayerProbe(".", spec, HERE);
  const { stdout, stderr, status } = spawnSync("sh", ["-c", command], {
    input: stdin ?? "",
    encoding: "utf8",
  });
  expect([stderr, status]).toEqual(["", 0]);
  return resolveHostLayer(spec, parseHostFileFacts(stdout), new Date(0));
}

/** Everything but the executable, by the scripts that an update runs. */
function install(): void {
  const folders = spec.ownDirectories.map(
    ({ mode, path }) => `${mode} - - ${path.slice(folder.length)}`,
  );
  const baseline = { ROOT: folder, ACCOUNTS: "no", FOLDERS: folders.join("\n") };
  expect(runHostScript(readBaselineScript(), baseline)).toEqual({ status: 0, stderr: "" });
  for (const { path, content, mode } of [spec.claim, spec.config, spec.rotation, ...spec.units]) {
    const file = { FILE: path, CONTENT: content, MODE: mode, OWNER: "" };
    runHostScripts(["files", "file"], { ...file, RECORDS: spec.paths.records });
  }
  for (const { link, path } of spec.units) {
    if (link === undefined) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(path, link);
  }
}

test("on a new host, the probe sees that nothing is there, and leaves it so", () => {
  const { observed, drift } = look();
  expect(drift).toEqual([]);
  const { units, ...others } = observed;
  const parts = [...Object.values(others), ...units.map((unit) => unit.observed)];
  expect(parts.map(({ inSync }) => inSync)).toEqual(Array(8).fill(false));
  expect(readdirSync(folder)).toEqual([]);
});

test("what the scripts have written is in sync", () => {
  install();
  const { observed, drift } = look();
  const { units, executable, ...others } = observed;
  expect(Object.values(others).map(({ text }) => text)).toEqual(Array(4).fill("in sync"));
  // It alone is missing, and has no record: it is as new.
  expect(executable.text).toBe("is missing at 1970-01-01T00:00:00.000Z");
  expect(units.map((unit) => unit.observed.text)).toEqual([
    `reads ${spec.paths.executable}, which changes at 1970-01-01T00:00:00.000Z`,
    "in sync",
    "in sync",
  ]);
  expect(drift).toEqual([]);
});

test("the executable is hashed only where it may have changed", () => {
  install();
  const source = join(folder, "built");
  const text = "#!/bin/sh\n";
  const sha256 = createHash("sha256").update(text).digest("hex");
  spec = { ...spec, executable: { ...spec.executable, source, sha256 } };
  writeFileSync(source, text);
  const { path, mode } = spec.executable;
  const file = { FILE: path, SHA256: sha256, MODE: mode, OWNER: "", SOURCE: source, COPIED: "no" };
  runHostScripts(["files", "executable"], { ...file, RECORDS: spec.paths.records });
  expect(look().observed.executable.text).toBe("in sync");

  // A record that lies shows who was asked: as long as the file is untouched, nobody hashes it.
  const record = join(spec.paths.records, "aistack-agent");
  const [, stamp] = readFileSync(record, "utf8").split("\n");
  writeFileSync(record, `${"0".repeat(64)}\n${stamp}\n`);
  expect(look().drift).toEqual([]);
  expect(look().observed.executable.inSync).toBe(false);

  // Of the same size, and as old as before.
  writeFileSync(record, `${sha256}\n${stamp}\n`);
  const { atime, mtime } = statSync(path);
  writeFileSync(path, "#!/bin/SH\n");
  utimesSync(path, atime, mtime);
  expect(look().drift).toEqual([`file ${path} was edited`]);
});

test("another stack's claim is read", () => {
  install();
  writeFileSync(spec.paths.claim, "gpu1\n");
  const { command, stdin } = hostLayerProbe(".", spec, HERE);
  const { stdout } = spawnSync("sh", ["-c", command], { input: stdin ?? "", encoding: "utf8" });
  expect(parseHostFileFacts(stdout).stack).toBe("gpu1");
});

test("what was changed by hand is named, and a pipe at a file's place stops nobody", () => {
  install();
  chmodSync(spec.paths.logs, 0o777);
  writeFileSync(spec.paths.config, "{}");
  const dropIns = `${spec.paths.units}/aistack-idle.timer.d`;
  // A link to a folder is as good as one.
  mkdirSync(join(folder, "elsewhere"));
  symlinkSync(join(folder, "elsewhere"), dropIns);
  writeFileSync(join(dropIns, "a b.conf"), "");
  // Hides what is there for all timers.
  symlinkSync("/dev/null", join(dropIns, "c.conf"));
  rmSync(spec.paths.logrotate);
  spawnSync("mkfifo", [spec.paths.logrotate]);
  expect(look().drift).toEqual([
    `directory ${spec.paths.logs} has mode 0777, not 0750`,
    `file ${spec.paths.config} was edited`,
    `file ${spec.paths.logrotate} is no file`,
    `unit aistack-idle.timer has a drop-in that is not aistack's: ${dropIns}/a b.conf`,
  ]);
});
