import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, inspect, TINY_MODEL, Workspace } from "../support/e2e/workspace";

/**
 * The main path with `pulumi` typed by hand: real engine, real Docker, real Ollama. Each test builds
 * on the state that the one before it left, as a user's day does.
 */
describe("a stack's life", () => {
  let workspace: Workspace;
  let container: string;

  beforeAll(async () => {
    workspace = await Workspace.create();
    container = workspace.name("ollama");
    await workspace.prepare();
  });
  afterAll(() => workspace?.remove());

  const running = async () => {
    const found = await inspect(container);
    if (found === undefined) throw new Error(`${container} is not there`);
    return found;
  };
  const expectNoChanges = async () => {
    const again = await workspace.pulumi("preview", "--expect-no-changes");
    expect(again.output).toMatch(/Resources:\n {4}\d+ unchanged/);
    expect(again.code).toBe(0);
  };

  it("first up: a model is made and generates tokens", async () => {
    const up = await workspace.pulumi("up", "--yes");
    expect(up.output).toContain("+ 14 created");
    expect(up.code).toBe(0);

    const answer = await workspace.ollama("/api/generate", {
      model: "tiny",
      prompt: "hello",
      stream: false,
    });
    expect((answer as { eval_count: number }).eval_count).toBeGreaterThan(0);
  });

  it("first up: the container is hardened and bound to loopback", async () => {
    const { HostConfig } = await running();
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      CapAdd: null,
      Privileged: false,
      SecurityOpt: ["no-new-privileges:true"],
      RestartPolicy: { Name: "unless-stopped", MaximumRetryCount: 0 },
      LogConfig: { Type: "json-file", Config: { "max-file": "3", "max-size": "10m" } },
      PortBindings: { "11434/tcp": [{ HostIp: "127.0.0.1", HostPort: String(workspace.port) }] },
      Memory: 16 * 1024 ** 3,
      Init: true,
    });
    expect(await docker("inspect", "--format", "{{.Config.StopTimeout}}", container)).toBe("30");
  });

  it("first up: outputs name the endpoint, the image and the model", async () => {
    const { output } = await workspace.pulumi("stack", "output", "--json");
    const { Image } = await running();
    expect(JSON.parse(output)).toEqual({
      endpoints: { ollama: `http://127.0.0.1:${workspace.port}` },
      // No GPU is asked for.
      gpu: null,
      models: ["tiny:latest"],
      services: {
        ollama: {
          digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
          health: expect.stringMatching(/^tiny:latest answered with \d+ tokens in \d+\.\d s$/),
          image: expect.any(String),
        },
      },
    });
    expect(JSON.parse(output).services.ollama.digest).toBe(Image);
  });

  it("empty second preview", expectNoChanges);

  it("second up: container Id and StartedAt stay as they were", async () => {
    const before = await running();
    const up = await workspace.pulumi("up", "--yes", "--expect-no-changes");
    expect(up.code).toBe(0);
    const after = await running();
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
  });

  it("update: only the healthcheck's interval, shown as a replacement and really applied", async () => {
    workspace.edit("compose/ollama.yaml", "interval: 5s", "interval: 7s");
    const preview = await workspace.pulumi("preview", "--diff");
    expect(preview.output).toContain("docker:index/container:Container: (replace)");
    expect(preview.output).toMatch(/~ interval: "5s" => "7s"/);

    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    expect((await running()).Config.Healthcheck.Interval).toBe(7e9);
    await expectNoChanges();
  });

  it("update: only init, shown as a replacement and really applied", async () => {
    expect((await running()).HostConfig.Init).toBe(true);
    workspace.edit("compose/ollama.yaml", "init: true", "init: false");
    expect((await workspace.pulumi("preview", "--diff")).output).toContain(
      "docker:index/container:Container: (replace)",
    );

    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    expect((await running()).HostConfig.Init).toBe(false);
    await expectNoChanges();
  });

  it("update: only tmpfs, shown as a replacement and really applied", async () => {
    workspace.edit("compose/ollama.yaml", "      - /tmp\n", "      - /tmp:size=64m\n");
    expect((await workspace.pulumi("preview", "--diff")).output).toContain(
      "docker:index/container:Container: (replace)",
    );

    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    expect((await running()).HostConfig.Tmpfs).toEqual({ "/tmp": "size=64m" });
    await expectNoChanges();
  });

  it("drift: a removed container shows in the preview and comes back, the model not made again", async () => {
    const made = await modelMadeAt(workspace);
    await docker("rm", "--force", container);
    const preview = await workspace.pulumi("preview", "--expect-no-changes");
    expect(preview.output).toContain(`warning: container ${container} is missing`);
    expect(preview.output).toContain("docker:index:Container ollama replace");
    expect(preview.code).not.toBe(0);

    const up = await workspace.pulumi("up", "--yes");
    expect(up.code).toBe(0);
    expect(up.output).toContain("tiny:latest is there already");
    expect(await modelMadeAt(workspace)).toBe(made);
    await expectNoChanges();
  });

  it("drift: a stopped container shows in the preview and is started", async () => {
    await docker("stop", "--time", "1", container);
    const preview = await workspace.pulumi("preview", "--expect-no-changes");
    expect(preview.output).toContain(`warning: container ${container} is stopped (exited)`);
    expect(preview.code).not.toBe(0);
    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    expect((await running()).State.Status).toBe("running");
    await expectNoChanges();
  });

  it("drift: a limit changed by docker update shows in the preview and is set back", async () => {
    await docker("update", "--memory", "1g", "--memory-swap", "1g", container);
    const preview = await workspace.pulumi("preview", "--expect-no-changes");
    expect(preview.output).toContain(
      `warning: container ${container} memory in MiB is 1024, not 16384`,
    );
    expect(preview.code).not.toBe(0);
    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    expect((await running()).HostConfig.Memory).toBe(16 * 1024 ** 3);
    await expectNoChanges();
  });

  it("drift: a container detached from its network shows in the preview and is attached again", async () => {
    const network = workspace.name("net");
    await docker("network", "disconnect", network, container);
    const preview = await workspace.pulumi("preview", "--expect-no-changes");
    expect(preview.output).toContain(
      `warning: container ${container} is not attached to network ${network}`,
    );
    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    expect(await docker("network", "inspect", "--format", "{{len .Containers}}", network)).toBe(
      "1",
    );
    await expectNoChanges();
  });

  it("drift: a removed model shows in the preview and is made again", async () => {
    const { Id } = await running();
    await workspace.ollama("/api/delete", { model: "tiny" }, "DELETE");
    const preview = await workspace.pulumi("preview", "--diff");
    expect(preview.output).toMatch(/OBSERVED *: .* => "absent at 20/);
    expect(preview.output).toContain("warning: model tiny:latest is absent");

    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    const answer = await workspace.ollama("/api/generate", {
      model: "tiny",
      prompt: "hello",
      stream: false,
    });
    expect((answer as { eval_count: number }).eval_count).toBeGreaterThan(0);
    expect((await running()).Id).toBe(Id);
    await expectNoChanges();
  });

  it("drift: the same model removed a second time is seen a second time", async () => {
    await workspace.ollama("/api/delete", { model: "tiny" }, "DELETE");
    expect((await workspace.pulumi("preview", "--expect-no-changes")).code).not.toBe(0);
    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    await expectNoChanges();
  });

  it("foreign: a container with our name that aistack did not make is refused and left alone", async () => {
    const { Image } = await running();
    await docker("rename", container, `${container}-aside`);
    await docker("create", "--name", container, Image);
    const refused = await workspace.pulumi("up", "--yes");
    expect(refused.output).toContain(
      `docker: a container ${container} is there that aistack did not make`,
    );
    expect(refused.code).not.toBe(0);
    await docker("rm", container);
    await docker("rename", `${container}-aside`, container);
    await expectNoChanges();
  });

  it("update: a second model is added, the first one and the container are left alone", async () => {
    const [{ Id }, made] = [await running(), await modelMadeAt(workspace)];
    workspace.configure(
      TINY_MODEL.replace(" }]", " }, { name: second, from: file:models/tiny.gguf }]"),
    );
    expect((await workspace.pulumi("up", "--yes")).code).toBe(0);
    const { models } = (await workspace.ollama("/api/tags")) as { models: { name: string }[] };
    expect(models.map(({ name }) => name).sort()).toEqual(["second:latest", "tiny:latest"]);
    expect([(await running()).Id, await modelMadeAt(workspace)]).toEqual([Id, made]);
    await expectNoChanges();
  });

  it("destroy and up: the volume outlives the stack, and no model is made again", async () => {
    const made = await modelMadeAt(workspace);
    const destroyed = await workspace.pulumi("destroy", "--yes");
    expect(destroyed.code).toBe(0);
    expect(await inspect(container)).toBeUndefined();
    expect(await docker("network", "ls", "--quiet", "--filter", `name=^${workspace.prefix}-`)).toBe(
      "",
    );
    expect(await docker("volume", "ls", "--quiet", "--filter", `name=^${workspace.prefix}-`)).toBe(
      workspace.name("ollama_data"),
    );

    const up = await workspace.pulumi("up", "--yes");
    expect(up.code).toBe(0);
    expect(up.output).toContain("tiny:latest is there already");
    expect(await modelMadeAt(workspace)).toBe(made);
    await expectNoChanges();
  });
});

/** When Ollama wrote the model: a model made again has another time. */
async function modelMadeAt(workspace: Workspace): Promise<string> {
  const { models } = (await workspace.ollama("/api/tags")) as {
    models: { name: string; modified_at: string }[];
  };
  const tiny = models.find(({ name }) => name === "tiny:latest");
  if (tiny === undefined) throw new Error("tiny is not there");
  return tiny.modified_at;
}
