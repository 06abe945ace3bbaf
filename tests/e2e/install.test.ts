import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inspect, type Ran, TINY_MODEL, Workspace } from "../support/e2e/workspace";
import { freePort } from "../support/freePort";

/** The installer on a host that has its packages, engine and image already: the part that users repeat. */
describe("./install.sh", () => {
  let workspace: Workspace;
  let container: string;
  /** Where the system user and its folders go, in place of this machine's own. */
  let hostRoot: string;

  const install = async (...args: string[]): Promise<Ran> => {
    const ran = await execa(join(workspace.root, "install.sh"), args, {
      cwd: "/",
      env: { NO_COLOR: "1" },
      reject: false,
      all: true,
      stdin: "ignore",
    });
    return { code: ran.exitCode ?? -1, output: ran.all };
  };
  const git = async (...args: string[]) =>
    (await execa("git", args, { cwd: workspace.root })).stdout;

  beforeAll(async () => {
    hostRoot = mkdtempSync(join(tmpdir(), "aistack-host-root-"));
    workspace = await Workspace.create(`  aistack:hostRoot: ${hostRoot}\n${TINY_MODEL}`);
    container = workspace.name("ollama");
    await git("init", "--quiet");
    await git("add", "--all");
    await git(
      "-c",
      "user.name=t",
      "-c",
      "user.email=t@localhost",
      "commit",
      "--quiet",
      "--message",
      "t",
    );
  });
  afterAll(async () => {
    await workspace?.remove();
    rmSync(hostRoot, { recursive: true, force: true });
  });

  it("--dry-run shows the preview and makes nothing", async () => {
    const { code, output } = await install("--dry-run");
    expect(output).toContain("docker:index:Container ollama create");
    expect(code).toBe(4);
    expect(await inspect(container)).toBeUndefined();
  });

  it("without a terminal and without --yes it ends after the preview, nothing made", async () => {
    const { code, output } = await install();
    expect(output).toContain("docker:index:Container ollama create");
    expect(output).toContain(
      "there is no terminal to ask on, so nothing was changed. Add --yes to go on without a question",
    );
    expect(code).toBe(2);
    expect(await inspect(container)).toBeUndefined();
  });

  it("first up: --yes brings a model up that answers, and names endpoint, next commands and log", async () => {
    const { code, output } = await install("--yes");
    expect(output).toContain("+ 14 created");
    expect(output).toMatch(/tiny:latest answered with \d+ tokens in \d+\.\d s/);
    expect(output).toContain(`ollama       http://127.0.0.1:${workspace.port}\n`);
    expect(output).toContain('eval "$(./aistack env)"');
    expect(output).toMatch(/Log: \S+install\.log$/);
    expect(code).toBe(0);
  });

  it("first up: the user aistack has its folders, which others cannot read", () => {
    const modes = ["etc", "var/lib", "var/log"].map(
      (folder) => statSync(join(hostRoot, folder, "aistack")).mode & 0o7777,
    );
    expect(modes).toEqual([0o750, 0o750, 0o750]);
  });

  it("first up: the checkout stays as git knows it, and its secrets are the owner's alone", async () => {
    expect(await git("status", "--porcelain")).toBe("");
    const { stdout } = await execa("stat", ["--format=%a %n", ".state", ".state/passphrase"], {
      cwd: workspace.root,
    });
    expect(stdout).toBe("700 .state\n600 .state/passphrase");
  });

  it("second run: everything is in place, nothing is changed", async () => {
    const before = await inspect(container);
    const { code, output } = await install("--yes");
    expect(output).toContain("This host is ready; nothing on it had to be changed.");
    expect(output).toContain("Everything is in place; nothing was changed.");
    expect(code).toBe(0);
    const after = await inspect(container);
    expect([after?.Id, after?.State.StartedAt]).toEqual([before?.Id, before?.State.StartedAt]);
  });

  it("a profile whose image cannot be had is refused before it is written", async () => {
    const file = join(workspace.root, `stacks/Pulumi.${workspace.stack}.yaml`);
    const before = readFileSync(file, "utf8");
    const port = await freePort();
    const images = `  aistack:images: { overrides: { localai: "127.0.0.1:${port}/localai:1" } }\n`;
    const changed = before.replace("config:\n", `config:\n${images}`);
    writeFileSync(file, changed);
    const { code, output } = await install("--profile", "standard-gpu", "--yes");
    expect(output).toContain(
      `aistack:images: localai: image 127.0.0.1:${port}/localai:1 is not on this host, its registry does not answer, and no recipe builds it`,
    );
    expect(code).toBe(2);
    expect(readFileSync(file, "utf8")).toBe(changed);
    writeFileSync(file, before);
  });

  it("a second stack of the same names is refused before it is created", async () => {
    const stackFile = (stack: string) => join(workspace.root, `stacks/Pulumi.${stack}.yaml`);
    copyFileSync(stackFile(workspace.stack), stackFile("second"));
    const { code, output } = await install("--stack", "second", "--yes");
    rmSync(stackFile("second"));
    expect(output).toContain(`docker: container ${container} belongs to stack minimal. `);
    expect(code).toBe(2);
    expect(await git("status", "--porcelain")).toBe("");
    expect(existsSync(join(workspace.root, ".state/.pulumi/stacks/aistack/second.json"))).toBe(
      false,
    );
  });

  it("without its state, a container that runs is refused before anything is made; with it all is in place", async () => {
    const [state, aside] = [join(workspace.root, ".state"), join(workspace.root, "aside")];
    renameSync(state, aside);
    const { code, output } = await install("--yes");
    expect(output).toContain(
      `docker: container ${container} was made by aistack, but the state of this stack does not know it`,
    );
    expect(output).toContain(`Remove it with: docker rm --force ${container} (its data stays`);
    expect(code).toBe(2);
    // At most the hashes of models, which the look itself keeps.
    for (const made of ["passphrase", ".pulumi", "secrets"])
      expect(existsSync(join(state, made)), made).toBe(false);
    rmSync(state, { recursive: true, force: true });
    renameSync(aside, state);
    expect((await install("--yes")).output).toContain(
      "Everything is in place; nothing was changed.",
    );
  });

  it("a stack whose state was removed is created anew, and finds the model", async () => {
    expect((await workspace.aistack("destroy", "--yes", "--stack", workspace.stack)).code).toBe(0);
    await execa("rm", ["-rf", join(workspace.root, ".state")]);
    const { code, output } = await install("--yes");
    expect(output).toContain("tiny:latest is there already");
    expect(code).toBe(0);
  });
});
