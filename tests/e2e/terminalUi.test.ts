import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { lifeOf, running } from "../support/e2e/stack";
import { docker, ROOT, Workspace } from "../support/e2e/workspace";
import { normaliseScreen } from "../support/terminal/normalise";
import { Terminal } from "../support/terminal/tmux";

/** The terminal UI on a real terminal (tmux), of a real stack. */
describe("the terminal UI", () => {
  let workspace: Workspace;
  let terminal: Terminal;
  let environment: Record<string, string>;

  beforeAll(async () => {
    workspace = await Workspace.create();
    // A log of its own: what other commands of this machine did is none of its events.
    environment = { XDG_STATE_HOME: join(workspace.root, "state-home") };
    await workspace.prepare();
    const up = await workspace.aistackWith(environment, "up", "--yes");
    expect(up.code, up.output).toBe(0);
  });
  afterAll(() => workspace?.remove());

  beforeEach(async () => {
    terminal = await Terminal.open(workspace.root, 80, 24, environment);
  });
  afterEach(() => terminal?.close());

  const isSettled = (screen: string) =>
    /ollama +healthy +\d+ [smh] +\d+ %/.test(screen) &&
    screen.includes("tiny:latest") &&
    screen.includes("ollama is healthy") &&
    !screen.includes("looking at the host");
  const open = async () => {
    await terminal.run("./aistack");
    return terminal.waitFor(isSettled);
  };
  const expectGolden = (screen: string, name: string) =>
    expect(`${normaliseScreen(screen, workspace.prefix)}\n`).toMatchFileSnapshot(
      join(ROOT, "tests", "golden", "screens", name),
    );
  /** How the terminal's line discipline is set, from the shell itself. */
  const lineModes = async (name: string) => {
    const file = join(workspace.root, name);
    await terminal.run(`stty -a > ${file}; echo ${name}'-written'`);
    await terminal.waitFor((screen) => screen.includes(`${name}-written`));
    return readFileSync(file, "utf8");
  };
  const isLeft = (screen: string) => screen.endsWith("$") && !screen.includes("╭");

  it("80x24: services, GPU, models, drift and events", async () => {
    await expectGolden(await open(), "overview-80x24.txt");
  });

  it("120x40 and back: it is drawn anew", async () => {
    await open();
    await terminal.resize(120, 40);
    const wide = await terminal.waitFor(
      (screen) => isSettled(screen) && (screen.split("\n")[1]?.length ?? 0) === 120,
    );
    await expectGolden(wide, "overview-120x40.txt");
    await terminal.resize(80, 24);
    const narrow = await terminal.waitFor(
      (screen) => isSettled(screen) && (screen.split("\n")[1]?.length ?? 0) === 80,
    );
    await expectGolden(narrow, "overview-80x24.txt");
  });

  it("the help lists the keys, and any key goes back", async () => {
    await open();
    await terminal.press("?");
    const help = await terminal.waitFor((screen) => screen.includes("Keys"));
    await expectGolden(help, "help-80x24.txt");
    await terminal.press("Escape");
    await terminal.waitFor(isSettled);
  });

  it("l follows the logs of a service, and q goes back", async () => {
    await open();
    await terminal.press("l");
    await terminal.waitFor(
      (screen) => screen.includes("logs of ollama") && /GIN|level=INFO/.test(screen),
    );
    await workspace.ollama("/api/show", { model: "tiny" });
    await terminal.waitFor((screen) => screen.includes("/api/show") || screen.includes("POST"));
    await terminal.press("q");
    await terminal.waitFor(isSettled);
  });

  it("r restarts the selected service: the same container, started anew", async () => {
    const before = await running(workspace, "ollama");
    await open();
    await terminal.press("r");
    await terminal.waitFor((screen) => screen.includes("ollama: restart done"), 60_000);
    const after = await running(workspace, "ollama");
    expect(after.Id).toBe(before.Id);
    expect(after.State.StartedAt > before.State.StartedAt).toBe(true);
  });

  it("x stops a service after a question, which is drift; s starts it again", async () => {
    await open();
    const before = await lifeOf(workspace, "ollama");
    await terminal.press("x");
    await terminal.waitFor((screen) => screen.includes("Stop ollama? [y/N]"));
    await terminal.press("n");
    await terminal.waitFor(isSettled);
    expect(await lifeOf(workspace, "ollama")).toBe(before);

    await terminal.press("x");
    await terminal.waitFor((screen) => screen.includes("Stop ollama? [y/N]"));
    await terminal.press("y");
    await terminal.waitFor(
      (screen) =>
        screen.includes("ollama: stop done") &&
        screen.includes(`container ${workspace.name("ollama")} is stopped (exited)`),
    );
    expect((await running(workspace, "ollama")).State.Status).toBe("exited");
    await terminal.press("s");
    await terminal.waitFor((screen) => screen.includes("ollama: start done"), 60_000);
    expect((await running(workspace, "ollama")).State.Status).toBe("running");
  });

  it("what is changed by hand shows after a look", async () => {
    const name = workspace.name("ollama");
    await open();
    await docker("update", "--memory", "1g", "--memory-swap", "1g", name);
    await terminal.press("f");
    await terminal.waitFor((screen) => screen.includes("memory in MiB is 1024, not 16384"));
    await docker("update", "--memory", "16g", "--memory-swap", "16g", name);
    await terminal.press("f");
    await terminal.waitFor((screen) => !screen.includes("memory in MiB"));
  });

  describe("leaves the terminal as it was", () => {
    /** The UI is the shell's only child. */
    const kill = async (signal: string) => {
      const shell = await terminal.shellPid();
      await execa("pkill", [`-${signal}`, "--parent", String(shell)]);
    };
    it.each<[string, () => Promise<void>]>([
      ["q", () => terminal.press("q")],
      ["Ctrl+C", () => terminal.press("C-c")],
      ["SIGTERM", () => kill("TERM")],
      ["SIGHUP", () => kill("HUP")],
    ])("by %s", async (_what, leave) => {
      const before = await lineModes("before");
      await open();
      expect(await terminal.modes()).toEqual({ alternate: true, cursor: false });
      await leave();
      await terminal.waitFor(isLeft);
      expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });
      expect(await lineModes("after")).toBe(before);
    });

    it("at once, though Docker accepts a connection and never answers", async () => {
      const socket = join(workspace.root, "silent.sock");
      const silent = createServer((connection) => void connection.on("error", () => {}));
      await new Promise<void>((done) => silent.listen(socket, done));
      await terminal.run(`DOCKER_HOST=unix://${socket} ./aistack`);
      await terminal.waitFor((screen) => screen.includes("╭"));
      const pressed = performance.now();
      await terminal.press("q");
      await terminal.waitFor(isLeft);
      expect(performance.now() - pressed).toBeLessThan(5_000);
      silent.close();
    });

    it("by a bug, which is told with its stack", async () => {
      const before = await lineModes("before");
      const bug = 'setTimeout(() => { throw new Error("planted"); }, 3_000);\n';
      writeFileSync(join(workspace.root, "bug.mjs"), bug);
      await terminal.run("NODE_OPTIONS=--import=./bug.mjs ./aistack");
      await terminal.waitFor((screen) => screen.includes("╭"));
      await terminal.waitFor((screen) => screen.includes("Error: planted"));
      await terminal.waitFor(isLeft);
      expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });
      expect(await lineModes("after")).toBe(before);
    });
  });

  describe("without a screen it is a status", () => {
    it("where output goes elsewhere", async () => {
      const { code, output } = await workspace.aistack();
      expect(output).toMatch(/^stack minimal, profile minimal, Docker /);
      expect(output).toContain("The host is as the configuration says.");
      expect(code).toBe(0);
    });

    it("where the terminal is dumb", async () => {
      await terminal.run("TERM=dumb ./aistack");
      await terminal.waitFor((screen) => screen.includes("The host is as the configuration says."));
    });
  });
});
