import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AgentServers } from "../../cli/agent/agentServers";
import { askAgent } from "../../cli/agentSocket";
import { queryHttp } from "../../host/httpQuery";
import { formatMetrics } from "../../plan/agentMetrics";
import { agentStatus } from "../support/agent/samples";
import { freePort } from "../support/freePort";

let folder: string;
let path: string;
let servers: AgentServers;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "aistack-socket-"));
  path = join(folder, "agent.sock");
  servers = new AgentServers(() => agentStatus);
  await servers.openSocket(path);
});
afterEach(async () => {
  await servers.close();
  rmSync(folder, { recursive: true });
});

const limits = { limitMs: 10_000, mostBytes: 1024 ** 2 };

/** What the server says to raw bytes, until it closes the connection. */
async function talk(socket: Socket, bytes: string): Promise<string> {
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  // A server that does not wait for what is still on its way cuts the connection.
  socket.on("error", () => undefined);
  socket.write(bytes);
  await closed(socket);
  return answer;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

describe("on its socket", () => {
  test("the agent tells its status to owner and group", async () => {
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await askAgent(path)).toEqual({ state: "answers", status: agentStatus });
  });

  test("and its measurements, as Prometheus reads them", async () => {
    expect(await queryHttp("http://agent/metrics", { ...limits, socketPath: path })).toEqual({
      status: 200,
      body: formatMetrics(agentStatus),
    });
  });

  test.each([
    ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404],
    ["GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404],
    ["GET /constructor HTTP/1.1\r\nHost: x\r\n\r\n", 404],
    ["HEAD /status HTTP/1.1\r\nHost: x\r\n\r\n", 405],
    ["DELETE /status HTTP/1.1\r\nHost: x\r\n\r\n", 405],
    ["POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", 413],
    ["GET /status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 413],
    [`GET /status HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(5000)}\r\n\r\n`, 431],
    ["nonsense\r\n\r\n", 400],
  ])("%j is refused with %i", async (bytes, status) => {
    expect(await talk(connect(path), bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("a body of 100 MB is cut off", async () => {
    const sent = request({
      socketPath: path,
      method: "POST",
      path: "/status",
      headers: { "content-length": 100 * 1024 ** 2 },
    });
    const piece = Buffer.alloc(1024 ** 2);
    let pieces = 0;
    const ended = new Promise<void>((resolve) => {
      sent.on("error", () => resolve()).on("close", () => resolve());
    });
    const write = () => {
      while (pieces < 100 && !sent.destroyed) {
        pieces += 1;
        if (!sent.write(piece)) {
          sent.once("drain", write);
          return;
        }
      }
    };
    write();
    await ended;
    expect(pieces).toBeLessThan(20);
    expect(await askAgent(path)).toEqual({ state: "answers", status: agentStatus });
  });

  test("a client that asks slowly gets five seconds, and keeps nobody", async () => {
    const started = performance.now();
    const slow = connect(path);
    const answer = talk(slow, "GET /status HTTP/1.1\r\nX: ");
    const drip = setInterval(() => slow.write("y"), 200);
    expect(await askAgent(path)).toEqual({ state: "answers", status: agentStatus });
    expect(await answer).toBe("");
    clearInterval(drip);
    const seconds = (performance.now() - started) / 1000;
    expect(seconds).toBeGreaterThan(4.5);
    expect(seconds).toBeLessThan(9);
  });

  test("more than sixteen connections at a time are not taken", async () => {
    const idle = Array.from({ length: 16 }, () => connect(path).on("error", () => undefined));
    await Promise.all(idle.map((socket) => once(socket, "connect")));
    expect(await talk(connect(path), "GET /status HTTP/1.1\r\nHost: x\r\n\r\n")).toBe("");
    for (const socket of idle) socket.destroy();
  });

  test("a second agent is refused, and the first one keeps its socket", async () => {
    const second = new AgentServers(() => agentStatus);
    await expect(second.openSocket(path)).rejects.toThrow(
      `${path}: another agent answers on this socket. Stop it first: one agent a host`,
    );
    expect(await askAgent(path)).toEqual({ state: "answers", status: agentStatus });
  });

  test("what a killed agent left is replaced, and a stopped one leaves nothing", async () => {
    const other = join(folder, "left.sock");
    writeFileSync(other, "");
    const second = new AgentServers(() => agentStatus);
    await second.openSocket(other);
    expect(await askAgent(other)).toEqual({ state: "answers", status: agentStatus });
    await second.close();
    expect(existsSync(other)).toBe(false);
    expect(await askAgent(other)).toEqual({ state: "absent" });
  });

  test("a folder that is not there is told", async () => {
    const second = new AgentServers(() => agentStatus);
    const nowhere = join(folder, "absent", "agent.sock");
    await expect(second.openSocket(nowhere)).rejects.toThrow(
      `${nowhere}: cannot listen here: its folder is not there`,
    );
  });
});

describe("over loopback", () => {
  test("only measurements are told, and only under a name of this machine", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await servers.serveMetrics(address);
    const { status, body } = await queryHttp(`http://${address}/metrics`, limits);
    expect({ status, body }).toEqual({ status: 200, body: formatMetrics(agentStatus) });
    expect(await queryHttp(`http://${address}/status`, limits)).toMatchObject({ status: 404 });
    const [host = "", port = ""] = address.split(":");
    const rebound = "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    expect(await talk(connect(Number(port), host), rebound)).toMatch(/^HTTP\/1\.1 403 /);
  });

  test("the address can change, and end, while the agent runs", async () => {
    const [one, other] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const answers = (address: string) =>
      queryHttp(`http://${address}/metrics`, limits).then(
        ({ status }) => status,
        (error: NodeJS.ErrnoException) => error.code,
      );
    await servers.serveMetrics(one);
    await servers.serveMetrics(other);
    expect([await answers(one), await answers(other)]).toEqual(["ECONNREFUSED", 200]);
    await servers.serveMetrics(null);
    expect([await answers(one), await answers(other)]).toEqual(["ECONNREFUSED", "ECONNREFUSED"]);
  });

  test("an address that is taken is refused, and the old one stays", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = `127.0.0.1:${await freePort()}`;
    await servers.serveMetrics(address);
    const wanted = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    await expect(servers.serveMetrics(wanted)).rejects.toThrow(
      `${wanted}: cannot listen here (EADDRINUSE)`,
    );
    expect(await queryHttp(`http://${address}/metrics`, limits)).toMatchObject({ status: 200 });
    taken.close();
  });
});

describe("asking", () => {
  test("an agent that is not there, or was killed", async () => {
    expect(await askAgent(join(folder, "absent.sock"))).toEqual({ state: "absent" });
    writeFileSync(join(folder, "dead.sock"), "");
    expect(await askAgent(join(folder, "dead.sock"))).toEqual({ state: "absent" });
  });

  test.each<[string, (response: ServerResponse) => void, string]>([
    ["says nothing", () => undefined, "no answer within 2 s"],
    ["says something else", (response) => void response.end("<html>"), "its answer is not JSON"],
    ["refuses", (response) => void response.writeHead(404).end(), "HTTP 404"],
  ])("one that %s", async (_, answer, reason) => {
    const other = createHttpServer((_request, response) => answer(response));
    other.listen(join(folder, "other.sock"));
    await once(other, "listening");
    expect(await askAgent(join(folder, "other.sock"))).toEqual({ state: "silent", reason });
    other.close();
    other.closeAllConnections();
  });

  test("one that this user may not ask", async () => {
    chmodSync(folder, 0);
    // Root may do everything.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    const answer = await askAgent(path);
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o700);
    expect(answer).toEqual({ state: "forbidden" });
  });
});
