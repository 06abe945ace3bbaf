// Log, events and lock of install.sh, on hosts made of files: see tests/support/host/bareHost.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BareHost } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost();
});
afterEach(() => host.remove());

describe("log and lock", () => {
  test("everything is in a log that only its owner reads; the one before it stays", async () => {
    host.withPackages();
    const first = await host.install(["--yes"], { XDG_STATE_HOME: join(host.folder, "state") });
    const log = join(host.folder, "state/aistack/install.log");
    expect(first.output).toMatch(new RegExp(`\\nLog: ${log}$`));
    expect(statSync(log).mode & 0o777).toBe(0o600);
    const text = readFileSync(log, "utf8");
    expect(text).toMatch(/^# \d{4}-\d\d-\d\dT.* install\.sh --yes\n/);
    expect(text).toContain("Checks of this host:\n");
    await host.install([], { XDG_STATE_HOME: join(host.folder, "state") });
    expect(readFileSync(`${log}.1`, "utf8")).toBe(text);
  });

  test("where no folder can be made for it, the log is a temporary file", async () => {
    const { code, output } = await host
      .withPackages()
      .install(["--yes"], { XDG_STATE_HOME: "/dev/null/x", TMPDIR: host.folder });
    const log = /\nLog: (.*)$/.exec(output)?.[1] ?? "";
    expect(log.startsWith(join(host.folder, "aistack-install."))).toBe(true);
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(code).toBe(0);
  });

  test("HOME need not be set", async () => {
    host.withPackages().command("getent", `echo "root:x:0:0:root:${host.home}:/bin/bash"`, false);
    const { code, output } = await host.install(["--yes"], { HOME: "" });
    expect(output).toContain(`Log: ${host.home}/.local/state/aistack/install.log`);
    expect(code).toBe(0);
  });

  test("a second installation waits for the first, and says so", async () => {
    host.withPackages();
    const state = join(host.home, ".local/state/aistack");
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, "install.lock"), "4711\n");
    const holder = spawn("flock", [join(state, "install.lock"), "sh", "-c", "echo held; cat"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    await once(holder.stdout, "data");
    const waiting = host.install(["--yes"]);
    let ended = false;
    void waiting.then(() => {
      ended = true;
    });
    await sleep(1_000);
    expect(ended).toBe(false);
    holder.stdin.end();
    const { code, output } = await waiting;
    expect(output).toMatch(
      /^Another installation \(process 4711\) is running: waiting until it has ended\.\n/,
    );
    expect(code).toBe(0);
  });
});
