import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually";
import { freePort } from "../support/freePort";
import { startPasswordServer } from "../support/provider/passwordServer";
import { isAlive } from "../support/provider/process";
import { type Sshd, startSshd } from "../support/provider/sshd";
import { type Properties, secret, unknown } from "../support/provider/values";
import { failure, usePlugin } from "../support/provider/workspace";

const type = "remote:Command";
const { plugin, workspace } = usePlugin();
let sshd: Sshd;
let connection: Properties;

beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd.stop();
});
beforeEach(() => {
  connection = {
    host: "127.0.0.1",
    port: sshd.port,
    user: sshd.user,
    privateKey: sshd.privateKey,
    hostKey: sshd.hostKey,
    dialErrorLimit: 0,
    perDialTimeout: 5,
  };
});

describe("remote.Command", () => {
  it("runs the create command over there", async () => {
    const made = await plugin().create(type, {
      connection,
      create: "echo $SSH_CONNECTION; echo err >&2",
    });
    expect(made.id).toMatch(/^res[0-9a-f]{8}$/);
    expect(made.state.stdout).toMatch(new RegExp(`^127.0.0.1 \\d+ 127.0.0.1 ${sshd.port}$`));
    expect(made.state.stderr).toBe("err");
  });

  it("keeps its arguments, and the connection secret", async () => {
    const args = { create: "cat", stdin: "in", logging: "none" };
    const made = await plugin().create(type, { ...args, connection });
    expect(made.state).toEqual({
      ...args,
      connection: secret({ ...connection, privateKey: secret(sshd.privateKey) }),
      stdout: "in",
      stderr: "",
    });
  });

  it("fills in the defaults of a connection", async () => {
    const { inputs } = await plugin().check(type, { connection: { host: "example.invalid" } });
    expect(inputs).toEqual({
      connection: secret({
        host: "example.invalid",
        user: "root",
        port: 22,
        dialErrorLimit: 10,
        perDialTimeout: 15,
      }),
    });
  });

  it("updates by the update command, and without one by the create command", async () => {
    const args = { connection, create: "echo created" };
    const old = await plugin().create(type, args);
    const again = await plugin().update(type, old, { ...args, stdin: "new" });
    expect(again.state.stdout).toBe("created");
    const updated = await plugin().update(type, old, { ...args, update: "echo updated" });
    expect(updated.state.stdout).toBe("updated");
  });

  it("runs the delete command of the state", async () => {
    const marker = workspace.at("deleted");
    const old = await plugin().create(type, { connection, delete: `echo gone >${marker}` });
    await plugin().delete(type, old);
    expect(workspace.read("deleted")).toBe("gone\n");
  });

  it("shows what the command prints", async () => {
    await plugin().create(type, { connection, create: "echo out", logging: "stdout" });
    expect(plugin().engine.messages("info")).toEqual(["out"]);
    await plugin().create(type, { connection, create: "echo out", logging: "stderr" });
    expect(plugin().engine.messages("info")).toEqual(["out"]);
  });

  it("tells the exit status and the output of a failing command", async () => {
    const message = await failure(
      plugin().create(type, { connection, create: "echo boom >&2; exit 7" }),
    );
    expect(message).toBe('Process exited with status 7: running "echo boom >&2; exit 7":\nboom\n');
  });

  it("passes the variables that the server takes", async () => {
    const made = await plugin().create(type, {
      connection,
      create: "echo $AISTACK_A $AISTACK_B",
      environment: { AISTACK_A: "1", AISTACK_B: "two words" },
    });
    expect(made.state.stdout).toBe("1 two words");
  });

  it("fails for a variable that the server does not take, and runs nothing", async () => {
    const create = `touch ${workspace.at("ran")}`;
    const message = await failure(
      plugin().create(type, { connection, create, environment: { FORBIDDEN: "1" } }),
    );
    expect(message).toContain('could not set environment variable "FORBIDDEN"');
    expect(workspace.has("ran")).toBe(false);
  });

  it("warns when the server does not take the previous output", async () => {
    const old = await plugin().create(type, { connection, create: "echo out" });
    const args = { connection, update: "echo [$PULUMI_COMMAND_STDOUT]" };
    expect((await plugin().update(type, old, args)).state.stdout).toBe("[]");
    expect(plugin().engine.messages("warning")).toHaveLength(1);
    expect(plugin().engine.messages("warning")[0]).toContain("PULUMI_COMMAND_STDOUT");
  });

  it("offers no previous output when that is turned off", async () => {
    const old = await plugin().create(type, { connection, create: "echo out" });
    const args = { connection, update: "true", addPreviousOutputInEnv: false };
    await plugin().update(type, old, args);
    expect(plugin().engine.messages("warning")).toEqual([]);
  });

  it("runs nothing in a preview and takes a connection that is not known yet", async () => {
    const create = `touch ${workspace.at("ran")}`;
    const planned = await plugin().create(
      type,
      { connection: { ...connection, host: unknown }, create },
      { preview: true },
    );
    expect(planned.state).toMatchObject({ create, stdout: unknown, stderr: unknown });
    expect(workspace.has("ran")).toBe(false);
  });

  it("updates in place for a new connection and replaces for triggers", async () => {
    const args = { connection, create: "true" };
    const old = await plugin().create(type, args);
    const moved = { ...args, connection: { ...connection, perDialTimeout: 6 } };
    expect(await plugin().diff(type, old, moved)).toEqual({
      changed: true,
      diffs: ["connection"],
      replaces: [],
    });
    expect(await plugin().diff(type, old, { ...args, triggers: [1] })).toEqual({
      changed: true,
      diffs: ["triggers"],
      replaces: ["triggers"],
    });
    expect(await plugin().diff(type, old, args)).toEqual({
      changed: false,
      diffs: [],
      replaces: [],
    });
  });
});

describe("signing in", () => {
  const whoami = async (over: Properties) => {
    const made = await plugin().create(type, { connection: over, create: "whoami" });
    return made.state.stdout;
  };

  it("works with an encrypted private key", async () => {
    const { privateKeyPassword, encryptedPrivateKey } = sshd;
    const over = { ...connection, privateKey: encryptedPrivateKey, privateKeyPassword };
    expect(await whoami(over)).toBe(sshd.user);
  });

  it("works with an agent", async () => {
    const socket = workspace.at("agent");
    const agent = await startAgent(socket);
    const { privateKey: _, ...keyless } = connection;
    expect(await whoami({ ...keyless, agentSocketPath: socket })).toBe(sshd.user);
    agent.kill();
    await once(agent, "exit");
  });

  it.each(["password", "keyboard-interactive"] as const)("works with a %s", async (way) => {
    const server = await startPasswordServer(sshd.hostPrivateKey, way, "correct horse");
    const { privateKey: _, ...keyless } = connection;
    const over = { ...keyless, port: server.port, password: "correct horse" };
    expect(await whoami(over)).toBe("whoami");
    expect(server.methods).toContain(way);
    expect(await failure(whoami({ ...over, password: "wrong one" }))).not.toContain("wrong one");
    await server.stop();
  });

  it("goes through a proxy", async () => {
    const own = await startSshd();
    const proxy = { ...connection, port: own.port, privateKey: own.privateKey };
    const over = { ...connection, proxy: { ...proxy, hostKey: own.hostKey } };
    expect(await whoami(over)).toBe(sshd.user);
    await eventually(() => own.logged("Accepted publickey") === 1, "signing in to the proxy");
    await own.stop();
  });

  it("fails when the proxy does not take the key", async () => {
    const proxy = { ...connection, user: "nobody-such" };
    expect(await failure(whoami({ ...connection, proxy }))).toMatch(
      /^proxy: .*unable to authenticate/,
    );
  });

  it("works without a host key, which is then not verified", async () => {
    const { hostKey: _, ...unverified } = connection;
    expect(await whoami(unverified)).toBe(sshd.user);
  });

  it("fails with a host key other than the expected one, before anything is sent", async () => {
    const own = await startSshd();
    const right = { ...connection, port: own.port, privateKey: own.privateKey };
    const create = `touch ${workspace.at("ran")}`;
    const wrong = { ...right, hostKey: own.otherHostKey };
    expect(await failure(plugin().create(type, { connection: wrong, create }))).toMatch(/host key/);
    expect(workspace.has("ran")).toBe(false);
    // Once it has a user's name, sshd writes "closed by authenticating user root 127.0.0.1".
    await eventually(() => own.logged("Connection closed by 127.0.0.1") === 1, "the log line");
    expect(own.logged("Accepted")).toBe(0);
    await own.stop();
  });

  it("fails after as many attempts as are allowed", async () => {
    const port = await freePort();
    const over = { ...connection, port, dialErrorLimit: 2 };
    expect(await failure(whoami(over))).toMatch(/after \d failed attempts: .*connection refused/);
    expect(plugin().engine.messages("info")).toEqual([
      "Dial 1/2 failed: retrying",
      "Dial 2/2 failed: retrying",
    ]);
  });

  it("keeps trying until the server is there", async () => {
    const port = await freePort();
    const waiting = whoami({ ...connection, port, dialErrorLimit: -1 });
    await eventually(() => plugin().engine.log.length > 0, "the first failure");
    expect(plugin().engine.messages("info")[0]).toBe("Dial 1/inf failed: retrying");
    const relay = createServer((from) => relayTo(sshd.port, from)).listen(port, "127.0.0.1");
    expect(await waiting).toBe(sshd.user);
    relay.close();
  });

  describe("beyond the vendor", () => {
    it("verifies an RSA host key too", async () => {
      expect(await whoami({ ...connection, hostKey: sshd.rsaHostKey })).toBe(sshd.user);
    });

    it("offers the keys of an agent besides the private key", async () => {
      const socket = workspace.at("agent");
      const agent = await startAgent(socket);
      const privateKey = sshd.otherPrivateKey;
      expect(await whoami({ ...connection, privateKey, agentSocketPath: socket })).toBe(sshd.user);
      agent.kill();
      await once(agent, "exit");
    });

    it("tells both fingerprints when the host key is another one, and tries only once", async () => {
      const over = { ...connection, hostKey: sshd.otherHostKey, dialErrorLimit: 10 };
      const begin = Date.now();
      const message = await failure(whoami(over));
      expect(message).toBe(
        `the host key of 127.0.0.1:${sshd.port} is not the expected one: it offers ` +
          `ssh-ed25519 ${fingerprint(sshd.hostKey)}, connection.hostKey is ` +
          `ssh-ed25519 ${fingerprint(sshd.otherHostKey)}. Nothing was sent. If the machine was set up ` +
          "anew, update connection.hostKey; if not, do not trust it",
      );
      expect(Date.now() - begin).toBeLessThan(8000);
    });

    it("says what a host key looks like", async () => {
      expect(await failure(whoami({ ...connection, hostKey: "SHA256:abc" }))).toContain(
        'connection.hostKey cannot be read (expected is a line like "ssh-ed25519 AAAA…"',
      );
    });

    it("says what a private key looks like and never quotes it", async () => {
      const message = await failure(whoami({ ...connection, privateKey: "not-a-key-at-all" }));
      expect(message).toContain("connection.privateKey cannot be used");
      expect(message).not.toContain("not-a-key-at-all");
    });

    it("says that the password of a key is missing", async () => {
      expect(await failure(whoami({ ...connection, privateKey: sshd.encryptedPrivateKey }))).toBe(
        "connection.privateKey is encrypted: set connection.privateKeyPassword",
      );
    });

    it("names the machine and the user when all attempts failed", async () => {
      const message = await failure(whoami({ ...connection, user: "nobody-such" }));
      expect(message).toMatch(
        new RegExp(`^connecting to 127.0.0.1:${sshd.port} as nobody-such: after 1 failed attempts`),
      );
    });

    it("gives up on a port that is open but silent", async () => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
      await once(silent, "listening");
      const port = (silent.address() as { port: number }).port;
      const message = await failure(whoami({ ...connection, port, perDialTimeout: 1 }));
      expect(message).toContain("no SSH handshake in time");
      for (const socket of sockets) {
        socket.destroy();
      }
      silent.close();
    });
  });
});

describe("stopping a remote command, beyond the vendor", () => {
  it("the time limit ends the processes over there", async () => {
    const create =
      `trap "echo cleaned >${workspace.at("cleaned")}; exit" TERM; ` +
      `sleep 60 & echo $! >${workspace.at("child")}; ` +
      `echo $$ >${workspace.at("pid")}; echo waiting; wait`;
    const message = await failure(
      plugin().create(type, { connection, create }, { timeoutSeconds: 1 }),
    );
    expect(message).toMatch(
      /^stopped because its time limit \(customTimeouts\) was reached: running "trap .*:\nwaiting\n$/,
    );
    const gone = (name: string) => !isAlive(Number(workspace.read(name)));
    await eventually(() => gone("pid") && gone("child"), "the end of the remote processes");
    expect(workspace.read("cleaned")).toBe("cleaned\n");
  });

  it("the time limit ends the attempts to connect", async () => {
    const port = await freePort();
    const over = { ...connection, port, dialErrorLimit: -1 };
    const begin = Date.now();
    const message = await failure(
      plugin().create(type, { connection: over, create: "true" }, { timeoutSeconds: 1 }),
    );
    expect(message).toBe("stopped because its time limit (customTimeouts) was reached");
    expect(Date.now() - begin).toBeLessThan(10_000);
  });
});

/** An agent with the key that the server accepts. */
async function startAgent(socket: string): Promise<ChildProcess> {
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  await eventually(() => existsSync(socket), "the agent's start");
  execFileSync("ssh-add", ["-q", sshd.privateKeyFile], { env: { SSH_AUTH_SOCK: socket } });
  return agent;
}

function fingerprint(key: string): string {
  const out = execFileSync("ssh-keygen", ["-l", "-f", "-"], { input: key }).toString();
  return out.split(" ")[1] ?? "";
}

function relayTo(port: number, from: Socket): void {
  const to = connect(port, "127.0.0.1");
  from.pipe(to).pipe(from);
}
