import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectDocker } from "../../cli/docker/connect";
import { askEngine } from "../../cli/docker/engineErrors";
import { runProbe } from "../../cli/runProbe";
import { accessHost, onHost } from "../../host/hostAccess";
import type { HostConnection } from "../../plan/settings";
import { freePort } from "../support/freePort";
import { type Sshd, startSshd } from "../support/provider/sshd";

/** Verbs that talk to the engine of a host over SSH, with OpenSSH's own client and server. */
let sshd: Sshd;
let root: string;
beforeAll(async () => {
  sshd = await startSshd();
  root = mkdtempSync(join(tmpdir(), "docker-over-ssh-"));
});
afterAll(async () => {
  await sshd?.stop();
  rmSync(root, { recursive: true });
});

const hostWith = (change: Partial<HostConnection> = {}): HostConnection => ({
  address: "127.0.0.1",
  user: sshd.user,
  port: sshd.port,
  hostKey: sshd.hostKey,
  privateKeyFile: sshd.privateKeyFile,
  ...change,
});

/** What a verb that asks the engine tells. */
async function askEngineAt(host: HostConnection): Promise<unknown> {
  const docker = await connectDocker(accessHost(root, "lab", host));
  return askEngine("aistack-ollama", () => docker.version()).catch((error: unknown) => error);
}

/** What a status tells. */
async function lookAt(host: HostConnection): Promise<unknown> {
  const command = onHost(accessHost(root, "lab", host), "true");
  return runProbe(root, host, { command, environment: {} }).catch((error: unknown) => error);
}

test("nobody listens at its port: the same fault as of a status", async () => {
  const port = await freePort();
  const host = hostWith({ port });
  const told = await askEngineAt(host);
  expect(told).toMatchObject({
    name: "StackError",
    problems: [
      {
        what: `127.0.0.1, port ${port} cannot be reached: ssh: connect to host 127.0.0.1 port ${port}: Connection refused`,
        where: "aistack:host.address",
        fix: "See that the host is up and its SSH server runs, and that address and port are right",
      },
    ],
  });
  expect(told).toEqual(await lookAt(host));
});

test("another host key than the declared one: the same fault as of a status", async () => {
  const host = hostWith({ hostKey: sshd.otherHostKey });
  const told = await askEngineAt(host);
  expect(told).toMatchObject({
    name: "StackError",
    problems: [
      {
        what: `the key that 127.0.0.1, port ${sshd.port} shows is not the declared one, so nothing was sent to it`,
        where: "aistack:host.hostKey",
      },
    ],
  });
  expect(told).toEqual(await lookAt(host));
});

test("another user than the host lets in", async () => {
  expect(await askEngineAt(hostWith({ privateKeyFile: undefined }))).toMatchObject({
    name: "StackError",
    problems: [{ where: "aistack:host" }],
  });
});
