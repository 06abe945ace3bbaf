import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { accessHost, type HostAccess } from "../../host/hostAccess";
import { withTunnel } from "../../host/sshTunnel";
import { settings } from "../support/plan/settings";
import { type Sshd, startSshd } from "../support/provider/sshd";

/** Against a real OpenSSH server: what is written for ssh is what ssh understands. */
let sshd: Sshd;
let root = "";

beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.stop());
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-ssh-"));
  vi.stubEnv("XDG_RUNTIME_DIR", root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function access(server = sshd, checkout = root): HostAccess {
  const { port, user, hostKey, privateKeyFile } = server;
  const host = { address: "127.0.0.1", port, user, hostKey, privateKeyFile };
  return accessHost(checkout, "lab", settings({ host }).host);
}

const ask = (ssh: readonly string[], cwd = root) =>
  execa("ssh", [...ssh, "echo here"], { reject: false, cwd });

/** Ends the connection that is kept for the next command. */
const close = ({ ssh = [] }: HostAccess) => execa("ssh", ["-O", "exit", ...ssh]);

test("a second command goes by the connection of the first, however long the cache's path is", async () => {
  vi.stubEnv("AISTACK_CACHE", join(root, "c".repeat(100)));
  const there = access();
  const before = sshd.logged("Accepted publickey");
  expect((await ask(there.ssh ?? [])).stdout).toBe("here");
  expect((await ask(there.ssh ?? [])).stdout).toBe("here");
  expect(sshd.logged("Accepted publickey") - before).toBe(1);
  await close(there);
});

test("a socket whose folder has gone, as after a reboot, keeps nobody from connecting", async () => {
  const there = access();
  rmSync(join(root, "aistack"), { recursive: true });
  expect(await ask(there.ssh ?? [])).toMatchObject({ exitCode: 0, stdout: "here", stderr: "" });
});

test("a checkout whose path has spaces and percent signs", async () => {
  const checkout = join(root, "a 50% folder");
  mkdirSync(checkout);
  const there = access(sshd, checkout);
  expect(await ask(there.ssh ?? [])).toMatchObject({ exitCode: 0, stdout: "here" });
  await close(there);
});

test("the Docker provider's options do, in the checkout, what the others do", async () => {
  const there = access();
  const words = [...(there.sshOptions ?? []), ...(there.ssh?.slice(2) ?? [])];
  expect(await ask(words)).toMatchObject({ exitCode: 0, stdout: "here" });
  await close(there);
});

describe("the tunnel", () => {
  const service = createServer((_request, response) => response.end("served"));
  let url = "";
  beforeAll(async () => {
    await new Promise<void>((done) => service.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  });
  afterAll(() => service.close());

  const read = async (address: string) => (await fetch(address)).text();

  test("makes a service of the host reachable", async () => {
    expect(await withTunnel(access().ssh, url, read)).toBe("served");
  });

  test("tells at once that the server forwards no ports, and what changes that", async () => {
    const closed = await startSshd(tmpdir(), undefined, ["AllowTcpForwarding no"]);
    const waiting = async (address: string): Promise<never> => {
      for (;;) await read(address).catch(() => undefined);
    };
    await expect(withTunnel(access(closed).ssh, url, waiting)).rejects.toThrow(
      "aistack:host: the host's SSH server forwards no ports, so its services cannot be reached from here. " +
        "Set AllowTcpForwarding yes in /etc/ssh/sshd_config there, and: sudo systemctl reload ssh",
    );
    await closed.stop();
  });

  test("tells why ssh ended before it was open", async () => {
    const stranger = { ...sshd, hostKey: sshd.otherHostKey };
    await expect(withTunnel(access(stranger).ssh, url, read)).rejects.toThrow(
      /^aistack:host: the SSH connection to the host broke: [\s\S]*Host key verification failed\./,
    );
  });

  test("tells that its own port cannot be bound", async () => {
    const [, file = "", ...destination] = access().ssh ?? [];
    // A second forwarding from a port that the service here has taken.
    const taken = `${new URL(url).port}:127.0.0.1:1`;
    const ssh = ["-F", file, "-L", `127.0.0.1:${taken}`, ...destination];
    await expect(withTunnel(ssh, url, read)).rejects.toThrow(
      /^aistack:host: the SSH connection to the host broke: [\s\S]*Could not request local forwarding\./,
    );
  });
});
