import { chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { AgentConfig } from "../../plan/agentConfig";
import type { IdleRecord, LoadedModel } from "../../plan/idleDecision";
import { AgentHost } from "../support/agent/agentProcess";
import { AGENTS, buildAgent } from "../support/agent/builtAgent";
import { fakePython, loadAnswer } from "../support/agent/fakePython";
import { heartbeat } from "../support/agent/samples";
import { SmallServer } from "../support/agent/smallServer";

beforeAll(buildAgent);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

const MODEL: LoadedModel = { name: "llama3:8b", expiresAt: "2126-11-25T12:00:00Z" };
const PS = "GET /api/ps";
const UNLOAD = 'POST /api/generate {"model":"llama3:8b","keep_alive":0,"stream":false}';

/** An Ollama with one loaded model, and what it says to whoever wants it unloaded. */
async function ollamaThatAnswers(status: number): Promise<SmallServer> {
  const server = await SmallServer.start((request, response) => {
    if (request.url === "/api/ps")
      response.end(
        JSON.stringify({ models: [{ name: MODEL.name, expires_at: MODEL.expiresAt, size: 1 }] }),
      );
    else response.writeHead(status).end("it is stuck");
  });
  closers.push(() => server.close());
  return server;
}

describe.each(AGENTS)("a host that has been idle for long, by $kind", ({ command }) => {
  /** A host on which nobody is signed in or connected, and whose CPUs rest. */
  function quietHost(changed: Partial<AgentConfig> = {}): AgentHost {
    const host = new AgentHost(command, changed);
    closers.push(() => host.remove());
    mkdirSync(join(host.root, "proc/net"), { recursive: true });
    writeFileSync(join(host.root, "proc/net/tcp"), "");
    writeFileSync(join(host.root, "proc/stat"), "cpu  10 0 0 1990 0 0 0 0 0 0\n");
    return host;
  }

  /** What the check before left. */
  function idleFor(host: AgentHost, minutes: number, seen: Partial<IdleRecord["observed"]> = {}) {
    const now = Date.now();
    const record: IdleRecord = {
      time: new Date(now - 10_000).toISOString(),
      idle: true,
      idleSince: new Date(now - minutes * 60_000).toISOString(),
      reasons: [],
      actions: [],
      observed: {
        cpu: { busy: 5, total: 1000 },
        gpu: { vendor: "none", source: "none", error: null, gpus: [] },
        ollama: { state: "answers", models: [MODEL] },
        connections: [],
        sessions: [],
        sshConnections: 0,
        ...seen,
      },
    };
    writeFileSync(host.config.paths.idle, JSON.stringify(record));
    return record;
  }

  async function check(host: AgentHost) {
    const [file = "", ...args] = host.checkIdle();
    const { exitCode, stderr } = await execa(file, args, {
      env: {
        AISTACK_PROC: join(host.root, "proc"),
        AISTACK_RUN: join(host.root, "run"),
        PATH: `${host.root}:${process.env.PATH}`,
      },
      reject: false,
    });
    return { exitCode, stderr };
  }

  const recordOf = (host: AgentHost, file = host.config.paths.idle) =>
    JSON.parse(readFileSync(file, "utf8")) as IdleRecord;

  /** What suspends the host: it keeps what is in the files by then. */
  function suspending(host: AgentHost, suspend: boolean): AgentConfig["idle"] {
    const { idle, log } = host.config.paths;
    const script = 'mkdir "$0" && cp "$@" "$0"';
    const suspendCommand = ["sh", "-c", script, suspended(host), idle, log];
    return { ...host.config.idle, suspend, suspendCommand };
  }
  const suspended = (host: AgentHost) => join(host.root, "suspended");

  test("its models are unloaded, and it stays awake unless told otherwise", async () => {
    const ollama = await ollamaThatAnswers(200);
    const host = quietHost({ ollamaUrl: ollama.url });
    host.configure({ idle: suspending(host, false) });
    const { idleSince } = idleFor(host, 31);
    expect(await check(host)).toEqual({ exitCode: 0, stderr: "" });
    expect(ollama.requests).toEqual([PS, UNLOAD]);
    const outcome = {
      idle: true,
      idleSince,
      reasons: ["idle for 31 of 30 minutes"],
      actions: ["unloaded llama3:8b"],
    };
    expect(recordOf(host)).toMatchObject(outcome);
    expect(host.events()).toEqual([
      expect.objectContaining({ event: "idle.check", level: "info", ...outcome }),
    ]);
    expect(existsSync(suspended(host))).toBe(false);
  });

  test("it is suspended where that is switched on, after all else, and its clock starts anew", async () => {
    const ollama = await ollamaThatAnswers(200);
    const host = quietHost({ ollamaUrl: ollama.url });
    host.configure({ idle: suspending(host, true) });
    idleFor(host, 31);
    expect(await check(host)).toEqual({ exitCode: 0, stderr: "" });
    expect(ollama.requests).toEqual([PS, UNLOAD]);
    const outcome = {
      idle: true,
      idleSince: null,
      actions: ["unloaded llama3:8b", "suspends the host"],
    };
    expect(recordOf(host, join(suspended(host), "idle.json"))).toMatchObject(outcome);
    expect(host.events("idle.check", join(suspended(host), "agent.log"))).toEqual([
      expect.objectContaining(outcome),
    ]);
    expect(recordOf(host)).toMatchObject(outcome);
  });

  test("a suspension that fails is told", async () => {
    const host = quietHost();
    host.configure({
      idle: {
        ...host.config.idle,
        suspend: true,
        suspendCommand: ["sh", "-c", "echo not allowed >&2; exit 1"],
      },
    });
    idleFor(host, 31);
    expect(await check(host)).toEqual({
      exitCode: 1,
      stderr: "sh: the host could not be suspended: not allowed",
    });
  });

  test("a model that cannot be unloaded is told, and the host stays awake and idle", async () => {
    const ollama = await ollamaThatAnswers(500);
    const host = quietHost({ ollamaUrl: ollama.url });
    host.configure({ idle: suspending(host, true) });
    const { idleSince } = idleFor(host, 31);
    const told = "model llama3:8b could not be unloaded: HTTP 500: it is stuck";
    expect(await check(host)).toEqual({ exitCode: 1, stderr: `${ollama.url}: ${told}` });
    expect(recordOf(host)).toMatchObject({ idle: true, idleSince, actions: [] });
    expect(host.events()).toEqual([
      expect.objectContaining({ event: "idle.check", level: "error", problems: [told] }),
    ]);
    expect(existsSync(suspended(host))).toBe(false);
  });

  test("nothing is done before the time, nor where somebody is connected or signed in", async () => {
    const ollama = await ollamaThatAnswers(200);
    const host = quietHost({ ollamaUrl: ollama.url });
    host.configure({ idle: suspending(host, true) });
    idleFor(host, 29);
    await check(host);
    expect(recordOf(host)).toMatchObject({ idle: true, reasons: ["idle for 29 of 30 minutes"] });

    idleFor(host, 31);
    mkdirSync(join(host.root, "run/systemd/sessions"), { recursive: true });
    writeFileSync(
      join(host.root, "run/systemd/sessions/3"),
      "USER=alice\nCLASS=user\nTYPE=tty\nSTATE=active\n",
    );
    writeFileSync(join(host.root, "proc/net/tcp"), "0: 0100007F:0016 0501A8C0:1267 01 0 0 0\n");
    await check(host);
    expect(recordOf(host)).toMatchObject({
      idle: false,
      idleSince: null,
      reasons: ["alice is signed in (tty)", "SSH connections: 1"],
    });
    expect(ollama.requests).toEqual([PS, PS]);
    expect(existsSync(suspended(host))).toBe(false);
  });

  test("the GPUs themselves are asked before it goes to sleep: a heartbeat is of another moment", async () => {
    const host = quietHost({ gpu: "nvidia" });
    host.configure({ idle: suspending(host, true) });
    fakePython(host.root, `echo '${JSON.stringify(loadAnswer(37))}'`);
    const [gpu] = heartbeat.gpu.gpus;
    const resting = { ...heartbeat.gpu, gpus: [{ ...gpu, utilizationPercent: 0 }] };
    const status = { heartbeat: { time: new Date().toISOString(), gpu: resting } };
    writeFileSync(host.config.paths.status, JSON.stringify(status));
    idleFor(host, 29);
    await check(host);
    expect(recordOf(host)).toMatchObject({ idle: true, observed: { gpu: resting } });

    idleFor(host, 31);
    await check(host);
    expect(recordOf(host)).toMatchObject({ idle: false, reasons: ["GPU 0 computes (37 %)"] });
    expect(existsSync(suspended(host))).toBe(false);
  });

  test("what root runs by hand belongs to the account that the units run under", async () => {
    const host = quietHost();
    const account = process.getuid?.() === 0 ? 12_345 : (process.getuid?.() ?? 0);
    for (const folder of [".", "log", "log/metrics", "lib"])
      chownSync(join(host.root, folder), account, account);
    const { paths } = host.config;
    const socket = join(host.root, "aistack/agent.sock");
    host.configure({ paths: { ...paths, socket } });
    expect(await check(host)).toEqual({ exitCode: 0, stderr: "" });
    host.start();
    // All files of the first are there at the second.
    await host.seen("agent.heartbeat", 2);
    const owners = [paths.idle, paths.log, paths.metrics, paths.status, socket, join(socket, "..")];
    expect(owners.map((path) => statSync(path).uid)).toEqual(owners.map(() => account));
    expect(statSync(join(socket, "..")).mode & 0o777).toBe(0o750);
    expect(await host.end("SIGTERM")).toMatchObject({ code: 0, stderr: "" });
  });
});
