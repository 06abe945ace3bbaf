import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { version } from "../../package.json";
import { AgentHost } from "../support/agent/agentProcess";
import { AGENTS, buildAgent } from "../support/agent/builtAgent";

const ROOT = resolve(import.meta.dirname, "../..");
const EXECUTABLE = join(ROOT, "bin", "aistack-agent");

beforeAll(buildAgent);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

test("the executable has the same bytes when it is built again, elsewhere", () => {
  const cache = mkdtempSync(join(tmpdir(), "aistack-cache-"));
  folders.push(cache);
  const before = { hash: sha256(EXECUTABLE), inode: statSync(EXECUTABLE).ino };
  execFileSync(process.execPath, [join(ROOT, "scripts", "agent.mjs")], {
    env: { ...process.env, AISTACK_CACHE: cache },
    stdio: ["ignore", "ignore", "inherit"],
  });
  // And what is the same already is not even copied.
  expect({ hash: sha256(EXECUTABLE), inode: statSync(EXECUTABLE).ino }).toEqual(before);
});

test("the executable needs neither Node, nor the checkout, nor an environment", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "aistack-elsewhere-"));
  folders.push(elsewhere);
  const copy = join(elsewhere, "aistack-agent");
  execFileSync("cp", [EXECUTABLE, copy]);
  const { status, stdout, stderr } = spawnSync(copy, ["--version"], {
    cwd: elsewhere,
    env: {},
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

test("settings of the folder that it is started in do not reach the executable", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "aistack-elsewhere-"));
  folders.push(elsewhere);
  writeFileSync(join(elsewhere, "bunfig.toml"), 'preload = ["/no/such/file.js"]\n');
  writeFileSync(join(elsewhere, ".env"), "NODE_OPTIONS=--require=/no/such/file.js\n");
  const { status, stdout, stderr } = spawnSync(EXECUTABLE, ["--version"], {
    cwd: elsewhere,
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

describe.each(AGENTS)("the command line, by $kind", ({ command }) => {
  const run = (...args: string[]) => {
    const [file = "", ...first] = command;
    const { status, stdout, stderr } = spawnSync(file, [...first, ...args], { encoding: "utf8" });
    return { status, stdout, stderr };
  };
  const usage = `usage: aistack-agent agent [--config FILE] [--metrics 127.0.0.1:PORT]
       aistack-agent idle-check [--config FILE] [--json]
       aistack-agent --version

The configuration is /etc/aistack/agent.json unless another file is named.
`;

  test("help, and what is not understood", () => {
    expect(run("--help")).toEqual({ status: 0, stdout: usage, stderr: "" });
    expect(run()).toEqual({ status: 2, stdout: "", stderr: usage });
    expect(run("dance")).toEqual({ status: 2, stdout: "", stderr: usage });
    const { status, stderr } = run("agent", "--loud");
    expect(status).toBe(2);
    expect(stderr).toContain("aistack-agent: Unknown option '--loud'");
  });

  test.each(["agent", "idle-check"])("%s without a configuration", (verb) => {
    expect(run(verb, "--config", "/no/such.json")).toEqual({
      status: 2,
      stdout: "",
      stderr: "/no/such.json: cannot be read (ENOENT). Write it with: aistack up\n",
    });
  });

  test("a configuration with faults", () => {
    const folder = mkdtempSync(join(tmpdir(), "aistack-config-"));
    folders.push(folder);
    const file = join(folder, "agent.json");
    writeFileSync(file, "{}");
    const { status, stderr } = run("agent", "--config", file);
    expect(status).toBe(2);
    expect(stderr.split("\n")[0]).toBe(
      `${file}: heartbeatSeconds: is missing; it must be a whole number. Repair it with: aistack up`,
    );
  });

  test("measurements are not served beyond loopback", () => {
    const host = new AgentHost(command);
    const args = ["--config", host.configFile, "--metrics", "0.0.0.0:9464"];
    expect(run("agent", ...args)).toEqual({
      status: 2,
      stdout: "",
      stderr:
        '--metrics: must be an address on loopback such as 127.0.0.1:9464, not "0.0.0.0:9464"\n',
    });
    host.remove();
  });

  test("a folder that is not there ends the start with what and where", () => {
    const host = new AgentHost(command);
    const { paths } = host.config;
    host.configure({ paths: { ...paths, log: "/no/such/agent.log" } });
    expect(run("agent", "--config", host.configFile)).toEqual({
      status: 1,
      stdout: "",
      stderr: "/no/such/agent.log: cannot be written (ENOENT)\n",
    });
    host.remove();
  });

  test("a second agent is refused", async () => {
    const host = new AgentHost(command);
    host.start();
    await host.seen("agent.started");
    expect(run("agent", "--config", host.configFile)).toEqual({
      status: 1,
      stdout: "",
      stderr: `${host.config.paths.socket}: another agent answers on this socket. Stop it first: one agent a host\n`,
    });
    expect(await host.end("SIGTERM")).toMatchObject({ code: 0 });
    host.remove();
  });
});

test("a crash is told to nobody but on standard error", async () => {
  const host = new AgentHost([EXECUTABLE]);
  writeFileSync(join(host.root, "curl"), `#!/bin/sh\necho "$@" >${host.root}/told\n`, {
    mode: 0o755,
  });
  host.start({ PATH: `${host.root}:$PATH` });
  await host.seen("agent.heartbeat");
  const { signal, stderr } = await host.end("SIGSEGV");
  expect(signal).toBe("SIGSEGV");
  expect(stderr).toContain("Segmentation fault");
  expect(existsSync(join(host.root, "told"))).toBe(false);
  host.remove();
});
