import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectNoChanges, lifeOf, running, update } from "../support/e2e/stack";
import { docker, inspect, TINY_MODEL, Workspace } from "../support/e2e/workspace";
import { type Sshd, startSshd } from "../support/provider/sshd";

/**
 * A host over SSH: a real OpenSSH server on loopback, with host keys of its own. Engine, probe, gates and models are all
 * reached through it; that it is this same machine, none of them knows.
 */
describe("a stack on a host over SSH", () => {
  let workspace: Workspace;
  let sshd: Sshd;
  /** instead of this machine's own folders, which the server's are */
  const hostRoot = mkdtempSync(join(tmpdir(), "aistack-host-root-"));

  /** Tools that are on the PATH of the host's sessions alone. */
  const tools = mkdtempSync(join(tmpdir(), "aistack-host-tools-"));

  const configure = (hostKey: string, ...lines: string[]) =>
    workspace.configure(
      [
        "  aistack:host:",
        "    address: 127.0.0.1",
        `    port: ${sshd.port}`,
        `    user: ${sshd.user}`,
        `    hostKey: ${hostKey}`,
        `    privateKeyFile: ${sshd.privateKeyFile}`,
        `  aistack:hostRoot: ${hostRoot}`,
        ...lines.map((line) => `  aistack:${line}`),
        TINY_MODEL,
      ].join("\n"),
    );

  beforeAll(async () => {
    sshd = await startSshd(undefined, undefined, [
      `SetEnv PATH=${tools}${delimiter}${process.env.PATH}`,
    ]);
    workspace = await Workspace.create();
    configure(sshd.hostKey);
    await workspace.prepare();
    // Whatever does not go through SSH finds no engine.
    workspace.environment.DOCKER_HOST = "unix:///nonexistent/docker.sock";
  });
  afterAll(async () => {
    await workspace?.remove();
    await sshd?.stop();
    rmSync(hostRoot, { recursive: true });
    rmSync(tools, { recursive: true });
  });

  it("another host key is refused by preview and up, before anybody was let in", async () => {
    configure(sshd.otherHostKey);
    const before = sshd.logged("Accepted publickey");
    const connections = sshd.logged("Connection from");
    for (const words of [["preview"], ["up", "--yes"]]) {
      const { code, output } = await workspace.pulumi(...words);
      expect(output).toContain(
        `aistack:host.hostKey: the key that 127.0.0.1, port ${sshd.port} shows is not the declared one, so nothing was sent to it`,
      );
      expect(code).not.toBe(0);
    }
    const byCommand = await workspace.aistack("preview", "--stack", workspace.stack);
    expect(byCommand.code).toBe(2);
    expect(byCommand.output).toContain("is not the declared one, so nothing was sent to it");
    // It was asked each time, and each time left before a user was named.
    expect(sshd.logged("Connection from")).toBeGreaterThan(connections);
    expect(sshd.logged("Accepted publickey")).toBe(before);
    expect(await inspect(workspace.name("ollama"))).toBeUndefined();
    configure(sshd.hostKey);
  });

  it("a host that is not ready: one table, exit 3, and nothing is made there", async () => {
    const uname = join(tools, "uname");
    writeFileSync(uname, "#!/bin/sh\necho riscv64\n", { mode: 0o755 });
    const words = ["--stack", workspace.stack, "--yes"];
    const { code, output } = await workspace.aistack("install", ...words);
    rmSync(uname);
    expect(output).toMatch(
      /Checks of 127\.0\.0\.1:\n.* distribution .*\n {2}FAIL {2}architecture {2}riscv64 is not supported\n {8}→ Use a machine with x86_64 or aarch64\n/,
    );
    expect(output).toContain(
      "127.0.0.1: this host is not ready, and nothing on it was changed. Mend what is marked FAIL and run this again",
    );
    expect(code).toBe(3);
    expect(await inspect(workspace.name("ollama"))).toBeUndefined();
  });

  it("first up: a model is made through the tunnel and generates tokens", async () => {
    const output = await update(workspace);
    expect(output).toContain("+ 16 created");
    expect((await running(workspace, "ollama")).State.Status).toBe("running");
    const answer = await workspace.ollama("/api/generate", {
      model: "tiny",
      prompt: "hello",
      stream: false,
    });
    expect((answer as { eval_count: number }).eval_count).toBeGreaterThan(0);
  });

  it("empty second preview", () => expectNoChanges(workspace));

  it("drift: a folder of the host's that was removed is named and made anew", async () => {
    rmSync(join(hostRoot, "var/lib/aistack"), { recursive: true });
    const preview = await workspace.pulumi("preview", "--expect-no-changes");
    expect(preview.output).toContain(`warning: directory ${hostRoot}/var/lib/aistack is missing`);
    expect(preview.code).not.toBe(0);
    await update(workspace);
    expect(statSync(join(hostRoot, "var/lib/aistack")).mode & 0o7777).toBe(0o750);
  });

  it("nothing of the private key is in the state", () => {
    const key = readFileSync(sshd.privateKeyFile, "utf8").split("\n")[1] ?? "";
    expect(key.length).toBeGreaterThan(20);
    const state = join(workspace.root, ".state/.pulumi/stacks/aistack", `${workspace.stack}.json`);
    expect(readFileSync(state, "utf8")).not.toContain(key);
  });

  it("drift: a stopped container shows in the preview and is started", async () => {
    await docker("stop", "--time", "1", workspace.name("ollama"));
    const preview = await workspace.pulumi("preview", "--expect-no-changes");
    expect(preview.output).toContain(
      `warning: container ${workspace.name("ollama")} is stopped (exited)`,
    );
    expect(preview.code).not.toBe(0);
    await update(workspace);
    expect((await running(workspace, "ollama")).State.Status).toBe("running");
    await expectNoChanges(workspace);
  });

  it("the command's own verbs go through SSH, too: status, restart, logs, models, stacks", async () => {
    const elsewhere = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };
    const aistack = (...words: string[]) => workspace.aistackWith(elsewhere, ...words);
    const before = await running(workspace, "ollama");
    const restart = await aistack("restart", "ollama");
    expect(restart.output).toMatch(
      /^ollama: stopping\nollama: stopped in .*\n.*\nollama: started in /,
    );
    const after = await running(workspace, "ollama");
    expect([after.Id, after.State.StartedAt > before.State.StartedAt]).toEqual([before.Id, true]);

    expect((await aistack("status")).output).toMatch(/^ollama +(starting|healthy) /m);
    expect((await aistack("logs", "--tail", "2")).output.split("\n")).toHaveLength(2);
    const models = await aistack("models", "--json");
    expect(JSON.parse(models.output).models).toMatchObject([
      { name: "tiny:latest", present: true },
    ]);
    const stacks = await aistack("stacks", "--json");
    expect(JSON.parse(stacks.output).stacks[0]).toMatchObject({
      name: "minimal",
      host: "127.0.0.1",
      problem: null,
    });
  });

  it("a host key that changed is refused, and what runs there runs on", async () => {
    const before = await lifeOf(workspace, "ollama");
    configure(sshd.otherHostKey);
    const { code, output } = await workspace.pulumi("up", "--yes");
    expect(output).toContain("is not the declared one, so nothing was sent to it");
    expect(code).not.toBe(0);
    configure(sshd.hostKey);
    expect(await lifeOf(workspace, "ollama")).toBe(before);
  });

  it("GPUs are those of the host: preview and gate look at them through SSH", async () => {
    const uuid = "GPU-00000000-0000-0000-0000-000000000001";
    const row = `0, ${uuid}, NVIDIA A, 24564, 580.95.05, [N/A], 8.9`;
    const smi = `#!/bin/sh\ncase "$*" in *--query-gpu*) echo '${row}' ;; *) exit 1 ;; esac\n`;
    writeFileSync(join(tools, "nvidia-smi"), smi, { mode: 0o755 });
    configure(sshd.hostKey, "gpu: nvidia", "gpuRequired: false");
    const up = await workspace.pulumi("up", "--yes");
    expect(up.output).toContain("warning: without a GPU, on the CPU: ollama. container toolkit:");
    expect(up.code, up.output).toBe(0);
    const { output } = await workspace.pulumi("stack", "output", "gpu", "--json");
    expect(JSON.parse(output)).toMatchObject({
      driver_version: "580.95.05",
      gpus: [{ uuid, memory_total_mib: 24564 }],
      toolkit: { installed: false },
    });
    await expectNoChanges(workspace);
  });

  it("another user of the checkout has no changes either", async () => {
    // Whatever lies elsewhere for them: their home, their cache, their folder of sockets.
    const elsewhere = mkdtempSync(join(tmpdir(), "aistack-user-"));
    const { environment } = workspace;
    workspace.environment = { ...environment, HOME: elsewhere, XDG_RUNTIME_DIR: elsewhere };
    try {
      await expectNoChanges(workspace);
    } finally {
      workspace.environment = environment;
      rmSync(elsewhere, { recursive: true });
    }
  });

  it("destroy: the container goes, the data stays", async () => {
    expect((await workspace.pulumi("destroy", "--yes")).code).toBe(0);
    expect(await inspect(workspace.name("ollama"))).toBeUndefined();
    expect(await docker("volume", "ls", "--quiet", "--filter", `name=^${workspace.prefix}-`)).toBe(
      workspace.name("ollama_data"),
    );
    expect(statSync(join(hostRoot, "etc/aistack")).isDirectory()).toBe(true);
  });
});
