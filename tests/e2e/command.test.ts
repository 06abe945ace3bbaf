import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lifeOf, running } from "../support/e2e/stack";
import { docker, type Ran, ROOT, Workspace } from "../support/e2e/workspace";

/** The verbs of every day, on a real stack. */
describe("aistack", () => {
  let workspace: Workspace;
  let container: string;
  let environment: Record<string, string>;

  const aistack = (...args: string[]): Promise<Ran> => workspace.aistackWith(environment, ...args);
  /** What a verb prints with --json. */
  const json = async (...args: string[]) => {
    const { stdout } = await execa(join(workspace.root, "aistack"), [...args, "--json"], {
      cwd: workspace.root,
      env: environment,
      reject: false,
    });
    return JSON.parse(stdout);
  };
  const untilHealthy = async () => {
    for (let left = 100; left > 0; left -= 1) {
      if ((await aistack("status")).code === 0) return;
      await sleep(200);
    }
    throw new Error(`it did not become healthy: ${(await aistack("status")).output}`);
  };

  beforeAll(async () => {
    workspace = await Workspace.create();
    container = workspace.name("ollama");
    environment = { XDG_STATE_HOME: join(workspace.root, "state-home") };
  });
  afterAll(() => workspace?.remove());

  describe("before anything is installed", () => {
    it.each([["status"], ["start"], ["stop"], ["logs"], ["models"], ["up"], ["ui"]])(
      "%s says what to do",
      async (verb) => {
        expect(await aistack(verb)).toEqual({
          code: 3,
          output: "nothing is installed from this checkout yet. Run ./install.sh",
        });
      },
    );

    it("doctor names it, and what is fine", async () => {
      const { code, output } = await aistack("doctor");
      expect(output).toMatch(/^ok {4}docker {9}\S+$/m);
      expect(output).toMatch(/^FAIL {2}state {10}there is no \.state folder/m);
      expect(code).toBe(3);
    });

    it("stacks lists what has a file", async () => {
      expect(await json("stacks")).toMatchObject({
        stacks: [
          { name: "minimal", created: false, host: null, lastUpdate: null, health: null },
          { name: "standard-gpu", created: false, profile: "standard-gpu" },
        ],
      });
    });
  });

  describe("with a stack that runs", () => {
    beforeAll(async () => {
      await workspace.prepare();
      const up = await aistack("up", "--yes");
      expect(up.code, up.output).toBe(0);
      await untilHealthy();
    });

    it("status is 0 and tells all in JSON", async () => {
      const { State } = await running(workspace, "ollama");
      expect(await json("status")).toEqual({
        stack: "minimal",
        profile: "minimal",
        engine: { version: expect.stringMatching(/^\d+\.\d+/) },
        services: [
          {
            name: "ollama",
            container,
            health: "healthy",
            since: State.StartedAt,
            image: expect.stringMatching(/ollama/),
            endpoint: `http://127.0.0.1:${workspace.port}`,
            address: `http://127.0.0.1:${workspace.port}`,
          },
        ],
        models: [{ name: "tiny:latest", present: true }],
        drift: [],
        changes: [],
        problems: [],
      });
    });

    it("status needs no engine", async () => {
      const without = { ...environment, AISTACK_CACHE: join(workspace.root, "empty-cache") };
      expect((await workspace.aistackWith(without, "status")).code).toBe(0);
      const preview = await workspace.aistackWith(without, "preview");
      expect(preview).toEqual({
        code: 3,
        output: "the Pulumi engine is not installed. Run ./install.sh",
      });
    });

    it("status is 4 where the configuration asks for something else", async () => {
      workspace.edit("compose/ollama.yaml", "interval: 5s", "interval: 7s");
      const { code, output } = await aistack("status");
      workspace.edit("compose/ollama.yaml", "interval: 7s", "interval: 5s");
      expect(output).toContain(
        `pending: container ${container} was made from another configuration`,
      );
      expect(code).toBe(4);
    });

    it("preview tells in JSON what would change, and what it warns of", async () => {
      expect(await json("preview")).toMatchObject({ stack: "minimal", changes: 0, steps: [] });

      workspace.edit("compose/ollama.yaml", "interval: 5s", "interval: 7s");
      await docker("stop", container);
      const { code } = await aistack("preview", "--json");
      const report = await json("preview");
      await docker("start", container);
      workspace.edit("compose/ollama.yaml", "interval: 7s", "interval: 5s");
      await untilHealthy();

      expect(code).toBe(4);
      expect(report).toMatchObject({ stack: "minimal", changes: report.steps.length });
      const types = report.steps.map(({ type }: { type: string }) => type);
      expect(types).toContain("docker:index/container:Container");
      expect(
        report.steps.find(({ type }: { type: string }) => type.endsWith(":Container")),
      ).toMatchObject({
        resource: "ollama",
        operation: "replace",
        properties: expect.arrayContaining([expect.stringMatching(/^healthcheck/)]),
      });
      expect(report.warnings).toContain(
        "model tiny:latest is not observable (Ollama does not answer)",
      );
    });

    it("an error is text beside empty standard output, with --json, too", async () => {
      const { stdout, stderr, exitCode } = await execa(
        join(workspace.root, "aistack"),
        ["preview", "--json", "--stack", "minimul"],
        { cwd: workspace.root, env: environment, reject: false },
      );
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^--stack: there is no stack "minimul"\. Did you mean "minimal"\?/);
      expect(exitCode).toBe(2);
    });

    it("without a verb: the status, as JSON where that is asked for", async () => {
      expect(await json()).toEqual(await json("status"));
      expect(await json("--stack", "minimal")).toMatchObject({ stack: "minimal" });
    });

    it("stop, which status and preview see; start", async () => {
      const stop = await aistack("stop", "ollama");
      expect(stop.output).toMatch(/^ollama: stopping\nollama: stopped in \d+\.\d s\n/);
      expect(stop.output).toContain("A stopped service is drift to a preview.");
      expect(stop.code).toBe(0);
      expect((await running(workspace, "ollama")).State.Status).toBe("exited");

      const status = await aistack("status");
      expect(status.output).toMatch(/^ollama +stopped +- /m);
      expect(status.output).toContain(`drift: container ${container} is stopped (exited)`);
      expect(status.code).toBe(1);
      expect(await aistack("stop")).toMatchObject({
        code: 0,
        output: expect.stringContaining("ollama: is stopped already"),
      });

      const start = await aistack("start");
      expect(start.output).toMatch(/^ollama: starting\nollama: started in \d+\.\d s$/);
      expect(start.code).toBe(0);
      // What has started answers.
      expect(await workspace.ollama("/api/version")).toEqual({ version: expect.any(String) });
    });

    it("restart: the same container, started anew", async () => {
      const before = await running(workspace, "ollama");
      expect((await aistack("restart", "ollama")).code).toBe(0);
      const after = await running(workspace, "ollama");
      expect(after.Id).toBe(before.Id);
      expect(after.State.StartedAt > before.State.StartedAt).toBe(true);
    });

    it("a name that was mistyped is guessed, and nothing is touched", async () => {
      const before = await lifeOf(workspace, "ollama");
      expect(await aistack("restart", "olama")).toEqual({
        code: 2,
        output: 'the stack has no service "olama". Did you mean "ollama"? Accepted: ollama',
      });
      expect(await lifeOf(workspace, "ollama")).toBe(before);
    });

    it("somebody else's container of our name is refused and left alone", async () => {
      const { Image } = await running(workspace, "ollama");
      await docker("rename", container, `${container}-aside`);
      await docker("create", "--name", container, Image);
      const refused = await aistack("start");
      const foreign = await running(workspace, "ollama");
      await docker("rm", container);
      await docker("rename", `${container}-aside`, container);
      expect(refused.output).toContain(
        `docker: a container ${container} is there that aistack did not make.`,
      );
      expect(refused.code).toBe(2);
      expect(foreign.State.Status).toBe("created");
    });

    it("logs: the last lines, each with its time and stream in JSON", async () => {
      const plain = await aistack("logs", "ollama", "--tail", "3");
      expect(plain.output.split("\n")).toHaveLength(3);
      expect(plain.code).toBe(0);
      const { output } = await aistack("logs", "--tail", "2", "--json");
      const lines = output.split("\n").map((line) => JSON.parse(line));
      expect(lines).toHaveLength(2);
      expect(lines[0]).toEqual({
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        service: "ollama",
        stream: expect.stringMatching(/^std(out|err)$/),
        text: expect.any(String),
      });
    });

    it("logs -f goes on with new lines until Ctrl+C", async () => {
      const following = execa(join(workspace.root, "aistack"), ["logs", "-f", "--tail", "0"], {
        cwd: workspace.root,
        env: environment,
        reject: false,
      });
      let seen = "";
      following.stdout.on("data", (chunk: Buffer) => {
        seen += chunk.toString("utf8");
      });
      for (let left = 100; left > 0 && !seen.includes("/api/ps"); left -= 1) {
        await workspace.ollama("/api/ps");
        await sleep(100);
      }
      following.kill("SIGINT");
      expect((await following).signal).toBe("SIGINT");
      expect(seen).toContain("/api/ps");
    });

    it("models: declared, present, with size and digest", async () => {
      await workspace.ollama("/api/generate", { model: "tiny", prompt: "a", stream: false });
      expect(await json("models")).toEqual({
        stack: "minimal",
        models: [
          {
            name: "tiny:latest",
            declared: true,
            source: "file:models/tiny.gguf",
            present: true,
            digest: expect.stringMatching(/^[0-9a-f]{64}$/),
            sizeBytes: expect.any(Number),
            loaded: true,
            memoryBytes: expect.any(Number),
            vramBytes: 0,
          },
        ],
      });
    });

    it("models is 4 where a declared one is absent", async () => {
      workspace.configure(
        "  aistack:models: [{ name: tiny, from: file:models/tiny.gguf }, { name: other }]\n",
      );
      const { code, output } = await aistack("models");
      workspace.configure("  aistack:models: [{ name: tiny, from: file:models/tiny.gguf }]\n");
      expect(output).toMatch(/^other:latest +yes +no /m);
      expect(code).toBe(4);
    });

    it("stacks: the last update and health", async () => {
      await untilHealthy();
      const { stacks } = await json("stacks");
      expect(stacks[0]).toEqual({
        name: "minimal",
        selected: true,
        created: true,
        host: null,
        profile: "minimal",
        services: ["ollama"],
        lastUpdate: {
          kind: "update",
          result: "succeeded",
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        },
        health: "fine",
        problem: null,
      });
    });

    it("version: of everything", async () => {
      const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
      expect(await json("version")).toEqual({
        aistack: version,
        node: process.versions.node,
        engine: { version: "3.259.0", installed: true },
        plugins: { docker: "5.2.0", command: "1.2.1" },
        docker: await docker("version", "--format", "{{.Server.Version}}"),
        images: {
          localai: expect.stringContaining("localai/localai:"),
          ollama: expect.stringContaining("ollama/ollama:"),
          openwebui: expect.stringContaining("open-webui/open-webui:"),
        },
      });
    });

    it("names, for the completion of shells", async () => {
      expect(await aistack("names", "services")).toEqual({ code: 0, output: "ollama" });
      expect(await aistack("names", "stacks")).toEqual({ code: 0, output: "minimal" });
    });

    it("install SERVICE --dry-run tells what it would write", async () => {
      expect(await aistack("install", "openwebui", "--dry-run")).toEqual({
        code: 4,
        output: "Would write to stacks/Pulumi.minimal.yaml: aistack:services: [ollama, openwebui]",
      });
    });

    describe("doctor", () => {
      it("finds nothing wrong", async () => {
        await untilHealthy();
        const { code, output } = await aistack("doctor");
        expect(output).toMatch(/\n\nNothing is wrong\.$/);
        expect(code).toBe(0);
      });

      it("names a lock whose process is gone, and a state that others can read", async () => {
        const locks = join(workspace.root, ".state/.pulumi/locks/organization/aistack/minimal");
        mkdirSync(locks, { recursive: true });
        const ended = execa("true");
        const { pid = 0 } = ended;
        await ended;
        const lock = { pid, username: "root", hostname: hostname(), timestamp: new Date() };
        writeFileSync(join(locks, "planted.json"), JSON.stringify(lock));
        chmodSync(join(workspace.root, ".state"), 0o755);
        const { checks, ok } = await json("doctor");
        rmSync(join(locks, "planted.json"));
        chmodSync(join(workspace.root, ".state"), 0o700);
        expect(ok).toBe(false);
        expect(checks.filter(({ state }: { state: string }) => state === "failed")).toEqual([
          {
            name: "state",
            state: "failed",
            detail: ".state can be read by others (755)",
            fix: "chmod 700 .state",
          },
          {
            name: "lock",
            state: "failed",
            detail: expect.stringMatching(
              new RegExp(`^stack minimal is locked by process ${pid} on .+, which is dead$`),
            ),
            fix: "./aistack up --stack minimal releases it; or: pulumi cancel --yes minimal",
          },
        ]);
      });
    });

    it("the log has what was run and how it ended, and no secret", async () => {
      const file = join(workspace.root, "state-home/aistack/aistack.log");
      const passphrase = readFileSync(join(workspace.root, ".state/passphrase"), "utf8").trim();
      const named = await aistack("status", "--stack", passphrase);
      const text = readFileSync(file, "utf8");
      const records = text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      const restart = records.filter(({ verb }) => verb === "restart").map(({ event }) => event);
      expect(restart.slice(0, 2)).toEqual(["app.started", "app.exited"]);
      expect(records.at(-1)).toMatchObject({ event: "app.exited", verb: "status", exitCode: 2 });
      expect(
        records.some(({ event, service }) => event === "service.stopped" && service === "ollama"),
      ).toBe(true);
      // The last run named the passphrase where a stack's name belongs.
      expect(text).toContain('there is no stack \\"[redacted]\\"');
      expect(text).not.toContain(passphrase);
      expect(named.output).toContain('there is no stack "[redacted]"');
      expect(named.output).not.toContain(passphrase);
    });
  });
});
