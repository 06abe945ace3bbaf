import { statSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectNoChanges, lifeOf, running, update } from "../support/e2e/stack";
import { docker, inspect, TINY_MODEL, VOLUMES, Workspace } from "../support/e2e/workspace";
import { buildLocalaiStandIn } from "../support/localai/standInImage";
import { visit } from "../support/openwebui/browser";
import { OpenWebui } from "../support/openwebui/openWebui";

/**
 * Profile standard-gpu on the CPU of a closed network: real engine, real Docker, real Ollama, real Open WebUI. LocalAI
 * is a stand-in, since no package registry has it. Each test builds on what the one before it left.
 */
describe("the life of a stack of profile standard-gpu", () => {
  let workspace: Workspace;
  let standIn: string;
  let webui: OpenWebui;
  let credentials: { openwebui: { email: string; password: string }; localai: { apiKey: string } };
  let token: string;
  let chat: string;

  const profile = (name: "minimal" | "standard-gpu") =>
    [
      `  aistack:profile: ${name}`,
      `  aistack:images: { overrides: { localai: "${standIn}" } }`,
      ...(name === "minimal" ? [] : ["  aistack:localai: { models: [{ name: stand-in-chat }] }"]),
      TINY_MODEL,
    ].join("\n");
  const url = (service: "openwebui" | "localai") => `http://127.0.0.1:${workspace.ports[service]}`;
  const volumes = async () =>
    (await docker("volume", "ls", "--format={{.Name}}", `--filter=name=^${workspace.prefix}-`))
      .split("\n")
      .map((name) => name.slice(workspace.prefix.length + 1))
      .sort();

  beforeAll(async () => {
    workspace = await Workspace.create();
    standIn = await buildLocalaiStandIn(workspace.root);
    workspace.configure(profile("standard-gpu"));
    await workspace.prepare();
    webui = new OpenWebui(url("openwebui"));
  }, 1_800_000);
  afterAll(() => workspace?.remove());

  it("first up: three services, each asked for what it is there for", async () => {
    await update(workspace);
    const { output } = await workspace.pulumi("stack", "output", "--json");
    const answered = /^tiny:latest answered with \d+ tokens in \d+\.\d s$/;
    expect(JSON.parse(output)).toMatchObject({
      endpoints: {
        ollama: `http://127.0.0.1:${workspace.port}`,
        openwebui: url("openwebui"),
        localai: url("localai"),
      },
      models: ["tiny:latest"],
      services: {
        ollama: { health: expect.stringMatching(answered) },
        openwebui: { health: expect.stringMatching(answered) },
        localai: { image: standIn, health: expect.stringMatching(/^lists \d+ models$/) },
      },
    });
  });

  it("first up: the seeded administrator signs in, and nobody else gets an account", async () => {
    const shown = await workspace.aistack("credentials", "--json", "--stack", workspace.stack);
    credentials = JSON.parse(shown.output);
    const { email, password } = credentials.openwebui;
    token = await webui.signIn(email, password);
    expect(await webui.user()).toMatchObject({ email: "admin@aistack.local", role: "admin" });
    expect(await webui.signUp("somebody@example.org")).toBe(403);
  });

  it("first up: both providers' models are listed, and complete through Open WebUI", async () => {
    const models = await webui.models();
    expect(models).toEqual(expect.arrayContaining(["tiny:latest", "stand-in-chat"]));
    expect((await webui.complete("tiny:latest")).tokens).toBeGreaterThan(0);
    expect((await webui.complete("stand-in-chat")).text).toContain("stand-in");
  });

  it("first up: pages of its own addresses may chat, others may not", async () => {
    const { port } = new URL(url("openwebui"));
    expect(await webui.socket(url("openwebui"))).toBe(101);
    expect(await webui.socket(`http://localhost:${port}`)).toBe(101);
    expect(await webui.socket("http://127.0.0.1")).toBe(403);
    expect(await webui.socket("https://pages.example.org")).toBe(403);
  });

  it("first up: LocalAI answers with its key alone", async () => {
    const ask = (key: string) =>
      fetch(`${url("localai")}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await ask("another")).status).toBe(401);
    expect((await ask(credentials.localai.apiKey)).status).toBe(200);
    expect((await fetch(`${url("localai")}/readyz`)).status).toBe(200);
  });

  it("first up: every container is hardened and bound to loopback", async () => {
    for (const service of ["ollama", "openwebui", "localai"]) {
      const { HostConfig } = await running(workspace, service);
      expect(HostConfig, service).toMatchObject({
        CapDrop: ["ALL"],
        CapAdd: null,
        Privileged: false,
        SecurityOpt: ["no-new-privileges:true"],
        RestartPolicy: { Name: "unless-stopped" },
      });
      const bound = Object.values(HostConfig.PortBindings as Record<string, { HostIp: string }[]>);
      expect(bound.flat().map(({ HostIp }) => HostIp)).toEqual(["127.0.0.1"]);
      expect(HostConfig.Memory).toBeGreaterThan(0);
    }
  });

  it("first up: no secret is in state, history, records or settings in plain", async () => {
    const environment = (await running(workspace, "openwebui")).Config.Env;
    const secretKey = environment.find((line) => line.startsWith("WEBUI_SECRET_KEY="));
    const secrets = [
      credentials.openwebui.password,
      credentials.localai.apiKey,
      secretKey?.split("=")[1] ?? "",
    ];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(20);
      const found = await execa("grep", ["-rlF", secret, ".state", "stacks"], {
        cwd: workspace.root,
        reject: false,
      });
      expect([found.exitCode, found.stdout, found.stderr]).toEqual([1, "", ""]);
    }
  });

  it("empty second preview", () => expectNoChanges(workspace));

  it("a browser shows the sign-in page and, after it, the chat with the model", async () => {
    const pictures = join(workspace.root, "pictures");
    const seen = await visit({
      ...credentials.openwebui,
      url: url("openwebui"),
      model: "tiny:latest",
      signInPicture: join(pictures, "openwebui-sign-in.png"),
      chatPicture: join(pictures, "openwebui.png"),
    });
    expect(seen).toEqual({ title: expect.stringContaining("Open WebUI"), model: "tiny:latest" });
    for (const name of ["openwebui-sign-in.png", "openwebui.png"])
      expect(statSync(join(pictures, name)).size).toBeGreaterThan(10_000);
    // Kept where somebody asks for them: the picture in the README is one of these.
    const wanted = process.env.AISTACK_PICTURES;
    if (wanted !== undefined) await execa("cp", ["-r", `${pictures}/.`, wanted]);
  });

  it("drift: the removed Open WebUI comes back, its sessions still valid and the chat still there", async () => {
    chat = await webui.saveChat("A chat to keep");
    await webui.addUser("Somebody", "somebody@example.org", "a password of theirs");
    const neighbours = [await lifeOf(workspace, "ollama"), await lifeOf(workspace, "localai")];
    await docker("rm", "--force", workspace.name("openwebui"));
    const preview = await workspace.pulumi("preview", "--expect-no-changes");
    expect(preview.output).toContain(
      `warning: container ${workspace.name("openwebui")} is missing`,
    );
    await update(workspace);
    expect(await webui.user()).toMatchObject({ email: "admin@aistack.local" });
    expect(await webui.chatTitle(chat)).toBe("A chat to keep");
    expect([await lifeOf(workspace, "ollama"), await lifeOf(workspace, "localai")]).toEqual(
      neighbours,
    );
  });

  it("update: a variable in compose/openwebui.yaml shows in the preview and is what Open WebUI then says", async () => {
    expect((await webui.config()).name).toBe("Open WebUI");
    workspace.edit("compose/openwebui.yaml", "WEBUI_NAME: Open WebUI", "WEBUI_NAME: The lab");
    const preview = await workspace.pulumi("preview", "--diff");
    expect(preview.output).toContain("docker:index/container:Container: (replace)");
    expect(preview.output).toContain(
      `container ${workspace.name("openwebui")}: WEBUI_NAME is Open WebUI, will be The lab`,
    );
    await update(workspace);
    expect((await webui.config()).name).toContain("The lab");
    await expectNoChanges(workspace);
  });

  it("profile to minimal: two services go, every volume stays though protected, Ollama runs on", async () => {
    const before = await lifeOf(workspace, "ollama");
    const protect = "  aistack:protectData: true\n";
    workspace.configure(`${profile("standard-gpu")}${protect}`);
    await update(workspace);
    workspace.configure(`${profile("minimal")}${protect}`);
    await update(workspace);
    expect(await inspect(workspace.name("openwebui"))).toBeUndefined();
    expect(await inspect(workspace.name("localai"))).toBeUndefined();
    expect(await volumes()).toEqual(VOLUMES);
    expect(await lifeOf(workspace, "ollama")).toBe(before);
    await expectNoChanges(workspace);
  });

  it("profile back to standard-gpu: the chat, the user and the session are still there", async () => {
    const before = await lifeOf(workspace, "ollama");
    workspace.configure(profile("standard-gpu"));
    // What was never made, or is to be made again, is no drift.
    expect((await workspace.pulumi("preview")).output).not.toContain("is missing");
    await update(workspace);
    expect(await lifeOf(workspace, "ollama")).toBe(before);
    expect(await webui.chatTitle(chat)).toBe("A chat to keep");
    await new OpenWebui(url("openwebui")).signIn("somebody@example.org", "a password of theirs");
  });

  it("destroy and up: a chat, a user, a session and a model survive", async () => {
    expect((await workspace.pulumi("destroy", "--yes")).code).toBe(0);
    expect(await inspect(workspace.name("ollama"))).toBeUndefined();
    expect(await volumes()).toEqual(VOLUMES);
    expect(await update(workspace)).toContain("tiny:latest is there already");
    webui.resume(token);
    expect(await webui.chatTitle(chat)).toBe("A chat to keep");
    await new OpenWebui(url("openwebui")).signIn("somebody@example.org", "a password of theirs");
    expect(await webui.models()).toContain("tiny:latest");
    await expectNoChanges(workspace);
  });
});
