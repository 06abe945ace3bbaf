import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessHost } from "../../host/hostAccess";
import { withTunnel } from "../../host/sshTunnel";
import { eventually } from "../support/eventually";
import { type Sshd, startSshd } from "../support/provider/sshd";

/** The tunnel to a host's services, with OpenSSH's own client and server. */
let sshd: Sshd;
let root: string;
let service: Server;
let url: string;
beforeAll(async () => {
  sshd = await startSshd();
  root = mkdtempSync(join(tmpdir(), "ssh-tunnel-"));
  service = createServer((request, response) => void response.end(`answer to ${request.url}`));
  await new Promise<void>((done) => service.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
});
afterAll(async () => {
  service.close();
  await sshd?.stop();
  rmSync(root, { recursive: true });
});

const sshArguments = () =>
  accessHost(root, "lab", {
    address: "127.0.0.1",
    user: sshd.user,
    port: sshd.port,
    hostKey: sshd.hostKey,
    privateKeyFile: sshd.privateKeyFile,
  }).ssh ?? [];

/** Processes that forward a port to the service. */
const forwarders = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        return words[0] === "ssh" && words.some((word) => word.endsWith(new URL(url).host));
      } catch {
        return false;
      }
    });

test("it is there as long as it is used", async () => {
  const answer = await withTunnel(sshArguments(), url, async (here) => {
    expect(here).not.toBe(url);
    expect(forwarders()).toHaveLength(1);
    return (await fetch(`${here}/a`)).text();
  });
  expect(answer).toBe("answer to /a");
  expect(forwarders()).toEqual([]);
});

test("one that breaks while it is used is told, and what waits in it is ended", async () => {
  let ended: Promise<unknown> | undefined;
  const used = withTunnel(sshArguments(), url, (_here, broken) => {
    for (const pid of forwarders()) process.kill(Number(pid));
    ended = once(broken, "abort");
    return new Promise<never>(() => {});
  });
  await expect(used).rejects.toThrow(/^aistack:host: the SSH connection to the host broke: /);
  await ended;
});

test.each(["SIGTERM", "SIGKILL"] as const)(
  "it ends with the process that opened it, by %s too",
  async (signal) => {
    const driver = join(root, "driver.mjs");
    await build({
      stdin: {
        resolveDir: import.meta.dirname,
        loader: "ts",
        contents: `
          import { withTunnel } from "../../host/sshTunnel";
          const [url, ...ssh] = process.argv.slice(2);
          await withTunnel(ssh, url, async () => {
            console.log("open");
            await new Promise((done) => setTimeout(done, 60_000));
          });`,
      },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: driver,
    });
    const owner: ChildProcess = spawn(process.execPath, [driver, url, ...sshArguments()], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (owner.stdout !== null) await once(owner.stdout, "data");
    expect(forwarders()).toHaveLength(1);
    owner.kill(signal);
    await once(owner, "exit");
    await eventually(() => forwarders().length === 0, "the end of the tunnel");
  },
);
