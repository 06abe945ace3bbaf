import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { describeStacks } from "../../cli/stacks/listStacks";

const CHECKOUT = resolve(import.meta.dirname, "../..");

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-stacks-"));
  for (const name of ["assets", "compose", "images"])
    symlinkSync(join(CHECKOUT, name), join(root, name));
  mkdirSync(join(root, "stacks"));
  mkdirSync(join(root, "bin"));
  vi.stubEnv("PATH", `${join(root, "bin")}${delimiter}${process.env.PATH}`);
  vi.stubEnv("XDG_RUNTIME_DIR", root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

/** ssh to hosts of which one answers like a bare one with an engine where nobody may become root, and the others as is said. */
function answer(failure: string): void {
  const script = [
    "#!/bin/sh",
    `case "$*" in *root@good.lan*) ;; *) ${failure} ;; esac`,
    'case "$*" in *sudo*) cat >/dev/null; echo "access\tnone"; exit ;; esac',
    `cat >/dev/null; printf 'docker\\t%s\\n' '{"Version":"29.1.0","ApiVersion":"1.52","Arch":"amd64"}'`,
  ].join("\n");
  writeFileSync(join(root, "bin/ssh"), script);
  chmodSync(join(root, "bin/ssh"), 0o755);
}

function create(name: string, address: string, kind?: string): void {
  const key = `ssh-ed25519 ${"A".repeat(68)}`;
  writeFileSync(
    join(root, `stacks/Pulumi.${name}.yaml`),
    `config:\n  aistack:host: {address: ${address}, hostKey: ${key}}\n`,
  );
  const state = join(root, ".state/.pulumi/stacks/aistack");
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, `${name}.json`), "{}");
  if (kind === undefined) return;
  const history = join(root, ".state/.pulumi/history/aistack", name);
  mkdirSync(history, { recursive: true });
  const record = { kind, result: "succeeded", endTime: 1_764_043_200 };
  writeFileSync(join(history, `${name}-1.history.json`), JSON.stringify(record));
}

const health = async () =>
  (await describeStacks(root)).map((stack) => [stack.name, stack.health, stack.problem]);

test("a host that cannot be reached, for whatever reason, is unknown, and the others are listed", async () => {
  answer("echo 'mux_client: something new' >&2; exit 255");
  create("bad", "bad.lan", "update");
  create("good", "good.lan", "update");
  const [bad, good] = await health();
  expect(bad?.slice(0, 2)).toEqual(["bad", "unknown"]);
  expect(bad?.[2]).toBe(
    "aistack:host: ssh could not be used: mux_client: something new. Mend what this tells: ssh -v -p 22 root@bad.lan true",
  );
  expect(good).toEqual(["good", "failing", null]);
});

test("a stack that was destroyed, or never brought up, is not up; one whose containers are gone fails", async () => {
  answer("exit 1");
  create("destroyed", "good.lan", "destroy");
  create("gone", "good.lan", "update");
  create("new", "good.lan");
  expect(await health()).toEqual([
    ["destroyed", "not up", null],
    ["gone", "failing", null],
    ["new", "not up", null],
  ]);
});
