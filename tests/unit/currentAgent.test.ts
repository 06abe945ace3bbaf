import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureCurrentAgent } from "../../cli/currentAgent";
import { formatProblem, StackError } from "../../plan/errors";

let root = "";
const at = (name: string) => join(root, name);

/** A build that makes the agent of its bundle's text and counts its runs. */
const BUILD = `
import { appendFileSync, copyFileSync } from "node:fs";
appendFileSync("runs", "x");
copyFileSync("bin/agent.cjs", "bin/aistack-agent");
`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-agent-"));
  for (const folder of ["bin", "assets/gpu", "scripts", ".state"])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at("bin/agent.cjs"), "one");
  writeFileSync(at("assets/gpu/probe"), "");
  writeFileSync(at("package-lock.json"), "{}");
  writeFileSync(at("scripts/agent.mjs"), BUILD);
});
afterEach(() => rmSync(root, { recursive: true }));

const ARCHITECTURE = process.arch === "x64" ? "amd64" : "arm64";
const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
const runs = () => readFileSync(at("runs"), "utf8").length;

test("is made once, and anew where its bundle or what goes with it has changed", async () => {
  const source = at("bin/aistack-agent");
  expect(await ensureCurrentAgent(root)).toEqual({
    source,
    sha256: hashOf("one"),
    architecture: ARCHITECTURE,
  });
  expect(await ensureCurrentAgent(root)).toEqual({
    source,
    sha256: hashOf("one"),
    architecture: ARCHITECTURE,
  });
  expect(runs()).toBe(1);

  writeFileSync(at("bin/agent.cjs"), "another");
  expect(await ensureCurrentAgent(root)).toEqual({
    source,
    sha256: hashOf("another"),
    architecture: ARCHITECTURE,
  });
  writeFileSync(at("assets/gpu/probe"), "another");
  await ensureCurrentAgent(root);
  expect(runs()).toBe(3);

  rmSync(source);
  await ensureCurrentAgent(root);
  expect(runs()).toBe(4);
});

test("what the build says last is told where it fails, and the next time it is tried again", async () => {
  writeFileSync(
    at("scripts/agent.mjs"),
    'console.error("first\\nno space left"); process.exit(1);',
  );
  const error = await ensureCurrentAgent(root).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StackError);
  expect((error as StackError).problems.map(formatProblem)).toEqual([
    "aistack:agent, aistack:idle: the agent cannot be made: no space left. See all of it with: make build",
  ]);
  writeFileSync(at("scripts/agent.mjs"), BUILD);
  expect((await ensureCurrentAgent(root)).sha256).toBe(hashOf("one"));
});
