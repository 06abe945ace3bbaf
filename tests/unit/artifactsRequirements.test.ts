import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { ensureRequirements, findCommand } from "../../cli/artifacts";
import { parseRequirements } from "../../cli/artifacts/requirements";

const APT = "-o DPkg::Lock::Timeout=300 -qq";

let bin: string;
let aptLists: string;

/** Puts a script on the PATH before everything else. */
function fake(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

function calls(): string[] {
  const log = join(bin, "calls");
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
}

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "requirements-"));
  aptLists = join(bin, "lists");
  mkdirSync(aptLists);
  writeFileSync(join(aptLists, "mirror_main_binary-amd64_Packages"), "");
  vi.stubEnv("PATH", `${bin}:/usr/bin:/bin`);
  return () => vi.unstubAllEnvs();
});

const LINES = [
  "command:sh package:dash",
  "command:frobnicate package:frobnicator",
  "file:/nowhere/stb_image.h package:libstb-dev",
  "file:/etc/passwd package:base-passwd",
  "",
];

test("reads the lines of a recipe, and refuses any other", () => {
  expect(parseRequirements(LINES.slice(1, 3))).toEqual([
    { kind: "command", target: "frobnicate", package: "frobnicator" },
    { kind: "file", target: "/nowhere/stb_image.h", package: "libstb-dev" },
  ]);
  expect(() => parseRequirements(["library:x package:y"])).toThrow(
    'not a requirement: "library:x package:y"',
  );
});

test("finds a command as a shell would, skipping what cannot be executed", () => {
  writeFileSync(join(bin, "sh"), "no script");
  expect(findCommand("sh")).toBe("/usr/bin/sh");
  expect(findCommand("frobnicate")).toBeUndefined();
});

test("installs nothing when nothing is missing", async () => {
  fake("apt-get", `echo "$*" >> ${bin}/calls`);
  await ensureRequirements(["command:sh package:dash", "file:/etc/passwd package:base-passwd"]);
  expect(calls()).toEqual([]);
});

test("installs what is missing, unattended and patient with apt's lock", async () => {
  fake(
    "apt-get",
    `echo "$DEBIAN_FRONTEND $*" >> ${bin}/calls; cp ${bin}/apt-get ${bin}/frobnicate`,
  );
  const onInstall = vi.fn();
  await ensureRequirements(LINES.slice(0, 2), { sudo: false, aptLists, onInstall });
  expect(calls()).toEqual([
    `noninteractive ${APT} install --yes --no-install-recommends frobnicator`,
  ]);
  expect(onInstall.mock.calls).toEqual([[["frobnicator"]]]);
});

test("fetches the lists first where there are none, and goes through sudo when told", async () => {
  fake("sudo", `echo "sudo $1" >> ${bin}/calls; exec "$@"`);
  fake("apt-get", `echo "$*" >> ${bin}/calls; cp ${bin}/apt-get ${bin}/frobnicate`);
  await ensureRequirements(LINES.slice(0, 2), { sudo: true, aptLists: join(bin, "none") });
  expect(calls()).toEqual([
    "sudo env",
    `${APT} update`,
    "sudo env",
    `${APT} install --yes --no-install-recommends frobnicator`,
  ]);
});

test("renews lists that are out of date and tries once more", async () => {
  fake(
    "apt-get",
    `echo "$*" >> ${bin}/calls
case "$*" in
  *update) touch ${bin}/updated ;;
  *) test -e ${bin}/updated && cp ${bin}/apt-get ${bin}/frobnicate ;;
esac`,
  );
  await ensureRequirements(LINES.slice(0, 2), { sudo: false, aptLists });
  expect(calls().map((line) => line.split(" ")[3])).toEqual(["install", "update", "install"]);
});

test("says what apt said when it cannot install", async () => {
  fake("apt-get", 'echo "E: Unable to locate package frobnicator"; echo bye; exit 100');
  await expect(ensureRequirements(LINES, { sudo: false, aptLists })).rejects.toMatchObject({
    name: "HostNotReadyError",
    message:
      "cannot install frobnicator libstb-dev: E: Unable to locate package frobnicator. " +
      "Install by hand: frobnicator libstb-dev",
  });
});

test("says so when a package did not bring what it should", async () => {
  fake("apt-get", `cp ${bin}/apt-get ${bin}/frobnicate`);
  await expect(ensureRequirements(LINES, { sudo: false, aptLists })).rejects.toThrow(
    "cannot install libstb-dev: apt-get installed them, but what they should bring is not there. " +
      "Install by hand: libstb-dev",
  );
});

test("names the packages where there is no apt-get", async () => {
  vi.stubEnv("PATH", bin);
  await expect(ensureRequirements(LINES.slice(1, 2))).rejects.toThrow(
    "cannot install frobnicator: there is no apt-get here. Install by hand: frobnicator",
  );
});
