import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectNoChanges, update } from "../support/e2e/stack";
import { TINY_MODEL, type Workspace } from "../support/e2e/workspace";
import { type Sshd, startSshd } from "../support/provider/sshd";
import { bootHost, type HostUnderSystemd, warningsOf } from "../support/systemd/host";
import type { Machine } from "../support/systemd/machine";

const EXECUTABLE = "/usr/local/lib/aistack/aistack-agent";

/** Where the layer would be if it were installed here; the installer itself may have been here before. */
const HERE = ["/etc/aistack", EXECUTABLE, "/etc/systemd/system/aistack-agent.service"];
const before = HERE.filter((path) => existsSync(path));

/**
 * The host layer over SSH: an OpenSSH server within a machine under a real systemd, while everything else runs here.
 */
describe("a host under systemd, over SSH", () => {
  let host: HostUnderSystemd;
  let workspace: Workspace;
  let machine: Machine;
  let sshd: Sshd;

  beforeAll(async () => {
    host = await bootHost(TINY_MODEL);
    ({ workspace, machine } = host);
    await machine.shell("mkdir /run/sshd");
    sshd = await startSshd(workspace.root, (...command) => machine.inside(...command));
    workspace.configure(
      [
        "  aistack:host:",
        "    address: 127.0.0.1",
        `    port: ${sshd.port}`,
        `    user: ${sshd.user}`,
        `    hostKey: ${sshd.hostKey}`,
        `    privateKeyFile: ${sshd.privateKeyFile}`,
        "  aistack:agent: { enabled: true, heartbeatSeconds: 1 }",
        "  aistack:idle: { enabled: true }",
        TINY_MODEL,
      ].join("\n"),
    );
    await workspace.prepare();
  });
  afterAll(async () => {
    await sshd?.stop();
    await host?.remove();
  });

  const active = () =>
    machine.shell("systemctl is-active aistack-agent.service aistack-idle.timer");

  it("first up: the agent is sent there and runs there, and nothing is installed here", async () => {
    expect(warningsOf(await update(workspace))).toEqual([]);
    expect(await active()).toBe("active\nactive");
    expect(await machine.property("aistack-agent.service", "StatusText")).toBe(
      "1 of 1 services healthy",
    );
    // The copy that it was installed from is gone.
    expect(await machine.shell("find ~ -maxdepth 1 -name '.aistack-agent*'")).toBe("");
    expect(HERE.filter((path) => existsSync(path))).toEqual(before);
  });

  it("second preview: empty", () => expectNoChanges(workspace));

  it("drift: another executable and a deleted unit are seen and mended", async () => {
    await machine.shell(
      `rm /etc/systemd/system/aistack-idle.timer; cp ${EXECUTABLE} /root/other
      echo >>/root/other; mv /root/other ${EXECUTABLE}`,
    );
    const named = [`file ${EXECUTABLE} was edited`, "unit aistack-idle.timer is missing"];
    const preview = await workspace.pulumi("preview", "--expect-no-changes");
    expect(warningsOf(preview.output)).toEqual(named);
    expect(preview.code).not.toBe(0);
    await update(workspace);
    expect(await active()).toBe("active\nactive");
    await expectNoChanges(workspace);
  });

  it("destroy: what was installed goes", async () => {
    const destroyed = await workspace.pulumi("destroy", "--yes");
    expect(destroyed.code, destroyed.output).toBe(0);
    const installed = "/usr/local/lib/aistack /etc/aistack/* /etc/logrotate.d/aistack";
    expect(
      await machine.shell(`ls -d ${installed} /etc/systemd/system/aistack-* 2>/dev/null || true`),
    ).toBe("");
  });
});
