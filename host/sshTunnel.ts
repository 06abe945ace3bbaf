import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationError } from "../plan/errors";
import { OUTLIVES_TERMINAL } from "./hangup";

/** How long the tunnel may take until it is there. */
const OPEN_LIMIT_MS = 30_000;

/**
 * Makes an address of the host reachable from here for as long as `use` runs.
 * @param ssh arguments of ssh, the destination last; undefined: the host is this machine
 * @param url as the host itself reaches it, `http://127.0.0.1:11434`
 * @param use whoever waits for long in it ends with its signal: nobody waits for the outcome once the tunnel is gone
 * @throws OperationError where the tunnel cannot be opened, or ends before `use` does
 */
export async function withTunnel<Result>(
  ssh: readonly string[] | undefined,
  url: string,
  use: (url: string, broken: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const broken = new AbortController();
  if (ssh === undefined) return use(url, broken.signal);
  const { hostname, port, pathname } = new URL(url);
  const localPort = await freePort();
  const forward = `127.0.0.1:${localPort}:${hostname}:${port}`;
  // A connection of its own: one that others share would keep the forwarding after its end.
  const options = ["-S", "none", "-o", "ExitOnForwardFailure=yes", "-L", forward];
  // It lives as long as its input is open, and that ends with this process, however it is ended.
  const child = spawn("ssh", [...options, ...ssh, "cat"], {
    stdio: ["pipe", "ignore", "pipe"],
    ...OUTLIVES_TERMINAL,
  });
  child.stdin.on("error", () => {});
  let said = "";
  const forbidden = new Promise<never>((_resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      if (FORBIDDEN.test(said)) reject(forwardingForbidden());
    });
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code) => resolve(said.trim() || `ssh ended with ${code}`));
  });
  try {
    await Promise.race([untilOpen(localPort), ended.then(refuse), forbidden]);
    const path = pathname === "/" ? "" : pathname;
    const used = use(`http://127.0.0.1:${localPort}${path}`, broken.signal);
    // Whoever waits for a service would take the end of the tunnel for a service that does not answer.
    return await Promise.race([used, forbidden, ended.then(refuse)]);
  } finally {
    broken.abort();
    child.kill("SIGTERM");
    await ended;
  }
}

/** ssh listens here all the same, and stays: each connection then ends without a byte. Source: OpenSSH's channels.c. */
const FORBIDDEN = /open failed: administratively prohibited/;

function forwardingForbidden(): OperationError {
  return new OperationError([
    {
      what: "the host's SSH server forwards no ports, so its services cannot be reached from here",
      where: "aistack:host",
      fix: "Set AllowTcpForwarding yes in /etc/ssh/sshd_config there, and: sudo systemctl reload ssh",
    },
  ]);
}

function refuse(reason: string): never {
  throw new OperationError([
    { what: `the SSH connection to the host broke: ${reason}`, where: "aistack:host" },
  ]);
}

async function untilOpen(port: number): Promise<void> {
  const deadline = Date.now() + OPEN_LIMIT_MS;
  while (!(await isOpen(port))) {
    if (Date.now() > deadline) refuse(`no answer within ${OPEN_LIMIT_MS / 1000} s`);
    await sleep(50);
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}
