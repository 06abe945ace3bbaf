import { createHash } from "node:crypto";
import {
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CONFIG_KEYS } from "../../plan/configKeys";
import { TINY_MODEL, Workspace } from "../support/e2e/workspace";
import { freePort } from "../support/freePort";

/**
 * What a user gets wrong, each told in one message with exit code 2, through the command and on a
 * stack that runs; and nothing is touched by any of it.
 */
describe("bad input", () => {
  let workspace: Workspace;
  let untouched: string;

  beforeAll(async () => {
    workspace = await Workspace.create();
    await workspace.prepare();
    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    untouched = await fingerprint(workspace);
  });
  afterAll(() => workspace?.remove());
  beforeEach(() => workspace.configure(TINY_MODEL));

  const refuse = async (expected: string, environment: Record<string, string> = {}) => {
    const ran = await workspace.aistackWith(environment, "up", "--yes", "--stack", workspace.stack);
    expect(ran.output).toEqual(expected);
    expect(ran.code).toBe(2);
    expect(await fingerprint(workspace)).toBe(untouched);
  };
  /** The stack file's own lines come after `config:`, the prefix and the ports. */
  const LINE = 4;
  const STACK_FILE = "stacks/Pulumi.minimal.yaml";

  describe("configuration", () => {
    it("an unknown key", async () => {
      workspace.configure(`  aistack:profil: minimal\n${TINY_MODEL}`);
      await refuse(
        `${STACK_FILE}:${LINE}: aistack:profil: unknown key "profil". Did you mean "profile"? Accepted: ${Object.keys(CONFIG_KEYS).join(", ")}`,
      );
    });

    it("a wrong type", async () => {
      workspace.configure(`  aistack:protectData: maybe\n${TINY_MODEL}`);
      await refuse(
        `${STACK_FILE}:${LINE}: aistack:protectData: must be true or false, not "maybe"`,
      );
    });

    it("port 70000", async () => {
      workspace.port = 70000;
      workspace.configure(TINY_MODEL);
      await refuse(
        `${STACK_FILE}:3: aistack:ports.ollama: must be a whole number from 1 to 65535, not 70000`,
      ).finally(restorePort);
    });

    it("an unknown profile", async () => {
      workspace.configure(`  aistack:profile: minimun\n${TINY_MODEL}`);
      await refuse(
        `${STACK_FILE}:${LINE}: aistack:profile: unknown value "minimun". Did you mean "minimal"? Accepted: minimal, standard-gpu`,
      );
    });

    it("a syntax error", async () => {
      workspace.configure("  aistack:models: [\n");
      const ran = await workspace.aistack("up", "--yes", "--stack", workspace.stack);
      expect(ran.output).toMatch(/^stacks\/Pulumi\.minimal\.yaml:\d+: not valid YAML: [^\n]+$/);
      expect(ran.code).toBe(2);
      expect(await fingerprint(workspace)).toBe(untouched);
    });

    it("two faults in two files, both told", async () => {
      workspace.configure(`  aistack:bindAddress: localhost\n${TINY_MODEL}`);
      await withCompose("init: true", "init: sometimes", () =>
        refuse(
          [
            `compose/ollama.yaml:${lineOf("compose/ollama.yaml", "init:")}: services.ollama.init: must be true or false, not "sometimes"`,
            `${STACK_FILE}:${LINE}: aistack:bindAddress: must be an IPv4 address, not "localhost"`,
          ].join("\n"),
        ),
      );
    });
  });

  describe("Compose files", () => {
    it("an unknown key", () =>
      withCompose("    init: true", "    priviledged: true\n    init: true", async () => {
        const ran = await workspace.aistack("up", "--yes", "--stack", workspace.stack);
        expect(ran.output).toMatch(
          /^compose\/ollama\.yaml:\d+: services\.ollama\.priviledged: unknown key "priviledged"\. .*Accepted: cap_add, /,
        );
        expect(ran.output.split("\n")).toHaveLength(1);
        expect(ran.code).toBe(2);
      }));

    it("the tag latest", () =>
      withCompose("image: ollama/ollama:0.34.3", "image: ollama/ollama:latest", () =>
        refuse(
          `compose/ollama.yaml:${lineOf("compose/ollama.yaml", "image:")}: services.ollama.image: the tag "latest" moves. Name a version`,
        ),
      ));

    it("a syntax error", () =>
      withCompose("    init: true", "    init: [true", async () => {
        const ran = await workspace.aistack("up", "--yes", "--stack", workspace.stack);
        expect(ran.output).toMatch(/^compose\/ollama\.yaml:\d+: not valid YAML: /);
        expect(ran.code).toBe(2);
      }));
  });

  describe("the host", () => {
    it("a port in use, with the process that uses it", async () => {
      const { server, port } = await listen();
      try {
        workspace.port = port;
        workspace.configure(TINY_MODEL);
        const ran = await workspace.aistack("up", "--yes", "--stack", workspace.stack);
        expect(ran.output).toMatch(
          new RegExp(
            `^aistack:ports\\.ollama: port ${port} on 127\\.0\\.0\\.1 is in use by \\S+ \\(pid ${process.pid}\\)\\. Stop it, or choose another port with aistack:ports: \\{ollama: PORT\\}$`,
          ),
        );
        expect(ran.code).toBe(2);
        expect(await fingerprint(workspace)).toBe(untouched);
      } finally {
        server.close();
        restorePort();
      }
    });

    it("no Docker engine", () =>
      refuse(
        "docker: no Docker engine runs on this host (its socket is not there). Start it with: systemctl start docker. Install it with: ./install.sh",
        { DOCKER_HOST: `unix://${workspace.root}/no.sock` },
      ));

    it("a Docker engine that is down", async () => {
      // A socket file whose listener is gone, as a killed engine leaves it.
      const socket = join(workspace.root, "dead.sock");
      await execa("python3", [
        "-c",
        `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(socket)})`,
      ]);
      await refuse(
        "docker: the Docker engine does not answer on its socket. Look at it with: systemctl status docker; start it with: systemctl restart docker",
        { DOCKER_HOST: `unix://${socket}` },
      );
    });

    it("no permission on the engine's socket", async () => {
      const message =
        "docker: this user may not use the Docker engine (no permission on its socket). Run as root, or join the group docker and log in again: sudo usermod -aG docker $USER";
      if (process.getuid?.() !== 0) {
        const socket = join(workspace.root, "closed.sock");
        await execa("python3", [
          "-c",
          `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(socket)})`,
        ]);
        chmodSync(socket, 0);
        return refuse(message, { DOCKER_HOST: `unix://${socket}` });
      }
      // Root may use every socket, so another user asks.
      await execa("chmod", ["-R", "a+rX", workspace.root]);
      const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
      const command = [join(workspace.root, "aistack"), "up", "--yes", "--stack", workspace.stack];
      const ran = await execa("setpriv", [...nobody, ...command], {
        cwd: workspace.root,
        env: { HOME: workspace.root },
        reject: false,
        all: true,
      });
      expect(ran.all).toBe(message);
      expect(ran.exitCode).toBe(2);
    });
  });

  describe("model files", () => {
    const model = (file: string, more = "") =>
      `  aistack:models: [{ name: other, from: "file:${file}"${more} }]\n`;
    const tiny = () => readFileSync(join(workspace.root, "models/tiny.gguf"));
    const where = (file: string) => `aistack:models: other:latest: ${file}`;

    it("not there", async () => {
      workspace.configure(model("models/none.gguf"));
      await refuse(`${where("models/none.gguf")}: The file does not exist. Check the path.`);
    });

    it("not a GGUF file", async () => {
      writeFileSync(
        join(workspace.root, "models/wrong.gguf"),
        "PK\u0003\u0004 this is a zip file, really",
      );
      workspace.configure(model("models/wrong.gguf"));
      await refuse(
        expect.stringMatching(
          /^aistack:models: other:latest: models\/wrong\.gguf: [^\n]*GGUF[^\n]*$/,
        ),
      );
    });

    it("truncated", async () => {
      const file = join(workspace.root, "models/cut.gguf");
      writeFileSync(file, tiny());
      truncateSync(file, tiny().length - 1000);
      workspace.configure(model("models/cut.gguf"));
      await refuse(
        expect.stringMatching(/^aistack:models: other:latest: models\/cut\.gguf: [^\n]+$/),
      );
    });

    it("another SHA-256 than declared", async () => {
      const found = createHash("sha256").update(tiny()).digest("hex");
      workspace.configure(model("models/tiny.gguf", `, sha256: "${"0".repeat(64)}"`));
      await refuse(
        `${where("models/tiny.gguf")}: The file's SHA-256 is ${found}, but ${"0".repeat(64)} is expected. Get the file again, or correct the expected value.`,
      );
    });

    it("more than there is free space for", async () => {
      const file = join(workspace.root, "models/huge.gguf");
      writeFileSync(file, tiny());
      // Sparse: it takes no space itself, and its header is sound.
      truncateSync(file, 8 * 1024 ** 4);
      workspace.configure(model("models/huge.gguf"));
      await refuse(
        expect.stringMatching(
          /^aistack:models: the models need 8\.0 TiB, but only \d+\.\d [GM]iB are free in \/\S+\. Free some space \(docker system df shows what the engine holds\), or declare smaller models$/,
        ),
      );
    });
  });

  it("an unknown verb is named with the nearest one, exit 2", async () => {
    const ran = await workspace.aistack("prevew");
    expect(ran.output).toBe(
      'aistack: there is no verb "prevew". Did you mean "preview"? See: aistack help',
    );
    expect(ran.code).toBe(2);
  });

  it("pulumi typed by hand tells the same, without a stack trace", async () => {
    workspace.configure(`  aistack:bindAddress: localhost\n${TINY_MODEL}`);
    const ran = await workspace.pulumi("preview");
    expect(ran.output).toContain(
      `${STACK_FILE}:${LINE}: aistack:bindAddress: must be an IPv4 address, not "localhost"`,
    );
    expect(ran.output).not.toMatch(/^\s+at /m);
    expect(ran.code).not.toBe(0);
    expect(await fingerprint(workspace)).toBe(untouched);
  });

  const goodPort = () => workspace.initialPort;
  function restorePort(): void {
    workspace.port = goodPort();
  }
  const lineOf = (file: string, text: string) =>
    readFileSync(join(workspace.root, file), "utf8")
      .split("\n")
      .findIndex((line) => line.includes(text)) + 1;
  async function withCompose<Result>(
    before: string,
    after: string,
    run: () => Promise<Result>,
  ): Promise<void> {
    workspace.edit("compose/ollama.yaml", before, after);
    try {
      await run();
    } finally {
      workspace.edit("compose/ollama.yaml", after, before);
    }
  }
});

/** Everything that an update would have changed: the container, and every file of the state. */
async function fingerprint(workspace: Workspace): Promise<string> {
  const { stdout } = await execa("docker", [
    "inspect",
    "--format",
    "{{.Id}} {{.State.StartedAt}}",
    workspace.name("ollama"),
  ]);
  const stateFolder = join(workspace.root, ".state", ".pulumi", "stacks");
  const files = readdirSync(stateFolder, { recursive: true }).map(String).sort();
  const state = files.map((file) => {
    const path = join(stateFolder, file);
    return statSync(path).isFile()
      ? createHash("sha256").update(readFileSync(path)).digest("hex")
      : file;
  });
  return [stdout, ...state].join("\n");
}

async function listen(): Promise<{ server: Server; port: number }> {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return { server, port };
}
