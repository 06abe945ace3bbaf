import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, inspect, type Ran, TINY_MODEL, Workspace } from "../support/e2e/workspace";
import { PASSWORD, Registry, USER } from "../support/registry/registry";

/**
 * A stack whose Ollama comes from a real registry that asks for a password: bound to its digest before the first pull,
 * moved to a host without a network in a file. Each test builds on the state that the one before it left.
 */
describe("an image from a registry", () => {
  let workspace: Workspace;
  let registry: Registry;
  let container: string;
  let reference: string;
  let digest: string;
  let signedIn: Record<string, string>;

  beforeAll(async () => {
    workspace = await Workspace.create();
    registry = await Registry.start({ password: true });
    container = workspace.name("ollama");
    const built = await builtOllama(workspace);
    reference = registry.name("ollama:0.34.3");
    digest = await registry.push("ollama:0.34.3", built);
    await registry.forget();
    signedIn = { DOCKER_CONFIG: registry.signedIn() };
    configure();
  });
  afterAll(async () => {
    await workspace?.remove();
    await removeLoaded(registry);
    await registry?.remove();
  });

  const configure = (source = "registry") =>
    workspace.configure(
      `  aistack:images: { source: ${source}, overrides: { ollama: "${reference}" } }\n${TINY_MODEL}`,
    );
  const lockFile = () => join(workspace.root, "images.lock.yaml");
  const archive = () => join(workspace.root, "images.aistack");
  const aistack = (...args: string[]): Promise<Ran> => workspace.aistackWith(signedIn, ...args);
  const pulumi = async (...args: string[]): Promise<Ran> => {
    Object.assign(workspace.environment, signedIn);
    return workspace.pulumi(...args);
  };
  const running = async () => {
    const found = await inspect(container);
    if (found === undefined) throw new Error(`${container} is not there`);
    return found;
  };
  const expectNoChanges = async () => {
    const again = await pulumi("preview", "--expect-no-changes");
    expect(again.output).toMatch(/Resources:\n {4}\d+ unchanged/);
    expect(again.code).toBe(0);
  };
  const listed = async () => {
    const { output } = await aistack("images", "list", "--stack", workspace.stack, "--json");
    return JSON.parse(output).images as Record<string, unknown>[];
  };

  it("first up: gets its digest before it is pulled, and is pulled by it with the docker command's credentials", async () => {
    const installed = await aistack("install", "--yes", "--stack", workspace.stack);
    expect(installed.output).toContain(`images.lock.yaml binds ${reference} to ${digest}`);
    expect(installed.output).toContain(`${reference}@${digest}`);
    expect(installed.code).toBe(0);
    expect(readFileSync(lockFile(), "utf8")).toContain(`"${reference}": ${digest}\n`);

    const { Image } = await running();
    const inspected = JSON.parse(await docker("image", "inspect", Image));
    expect(inspected[0].RepoDigests).toContain(
      `${reference.slice(0, reference.lastIndexOf(":"))}@${digest}`,
    );
    // No name of the registry's but the digest: the tag was never asked for.
    expect(inspected[0].RepoTags).not.toContain(reference);
  });

  it("first up: the preview after it is empty", async () => {
    const { stdout } = await execa(join(workspace.root, "aistack"), ["env"]);
    for (const [, name, value] of stdout.matchAll(/^export (\w+)='(.*)'$/gm))
      workspace.environment[name ?? ""] = value ?? "";
    await expectNoChanges();
  });

  it("first up: outputs and list tell the digest, and no credentials are in the state", async () => {
    const { output } = await pulumi("stack", "output", "--json");
    expect(JSON.parse(output).services.ollama).toMatchObject({
      image: `${reference}@${digest}`,
      digest,
    });
    const { Image } = await running();
    expect(await listed()).toEqual([
      {
        service: "ollama",
        reference,
        digest,
        name: `${reference}@${digest}`,
        present: true,
        id: Image,
        source: "registry",
      },
    ]);
    const secrets = `${PASSWORD}|${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
    const state = await execa("grep", ["-rlE", secrets, join(workspace.root, ".state")], {
      reject: false,
    });
    expect([state.exitCode, state.stdout]).toEqual([1, ""]);
  });

  it("another content under the same version is not run: the digest binds", async () => {
    await registry.push("ollama:0.34.3");
    await docker("image", "rm", reference);
    await expectNoChanges();
    const { Image } = await running();
    expect((await aistack("up", "--yes", "--stack", workspace.stack)).code).toBe(0);
    expect((await running()).Image).toBe(Image);
  });

  it("update: a digest for what runs without one restarts nothing", async () => {
    const built = await builtOllama(workspace);
    expect(await registry.push("ollama:0.34.3", built)).toBe(digest);
    rmSync(lockFile());
    // As after a first `pulumi up` typed by hand, which knows no lock.
    expect((await pulumi("up", "--yes")).code).toBe(0);
    const { Id, State } = await running();

    const up = await aistack("up", "--yes", "--stack", workspace.stack);
    expect(up.output).toContain(`images.lock.yaml binds ${reference} to ${digest}`);
    expect(up.code).toBe(0);
    const after = await running();
    expect([after.Id, after.State.StartedAt]).toEqual([Id, State.StartedAt]);
    await expectNoChanges();
  });

  describe("moved in a file", () => {
    it("save: writes the images of the stack, and replaces no file unasked", async () => {
      const saved = await aistack("images", "save", archive(), "--stack", workspace.stack);
      expect(saved.output).toMatch(
        new RegExp(`1 in ${archive()}, [\\d.]+ MiB, SHA-256 of the images [0-9a-f]{64}$`),
      );
      expect(saved.code).toBe(0);
      const again = await aistack("images", "save", archive(), "--stack", workspace.stack);
      expect(again.output).toContain(
        `${archive()}: the file is there already. Name another, or add --force`,
      );
      expect(again.code).toBe(2);
      const forced = await aistack(
        "images",
        "save",
        archive(),
        "--force",
        "--stack",
        workspace.stack,
      );
      expect(forced.code).toBe(0);
      expect(await docker("image", "ls", "--quiet", "aistack.invalid/archive")).toBe("");
    });

    it("is a plain tar file, which the docker command can take apart as well", async () => {
      const { stdout } = await execa("tar", ["-xOf", archive(), "aistack-images.json"]);
      const { Image } = await running();
      expect(JSON.parse(stdout)).toMatchObject({
        format: "aistack-images",
        version: 1,
        stack: workspace.stack,
        images: [{ service: "ollama", reference, digest, built: null, id: Image }],
      });
      const members = await execa("sh", ["-c", 'tar -xOf "$0" images.tar | tar -t', archive()]);
      expect(members.stdout).toContain("manifest.json");
    });

    describe("a host without a network", () => {
      beforeAll(async () => {
        await registry.stop();
        expect((await pulumi("destroy", "--yes")).code).toBe(0);
        await registry.forget();
        rmSync(lockFile());
        configure("archive");
      });

      it("is told what to load before anything is touched", async () => {
        const up = await aistack("up", "--yes", "--stack", workspace.stack);
        expect(up.output).toBe(
          `aistack:images.source: image ${reference} is not on this host. Load it with: ./aistack images load FILE`,
        );
        expect(up.code).toBe(2);
      });

      const refuse = async (file: string, expected: RegExp, code = 1) => {
        const loaded = await aistack("images", "load", file);
        expect(loaded.output).toMatch(expected);
        expect(loaded.code).toBe(code);
        expect(existsSync(lockFile())).toBe(false);
        expect(await docker("image", "ls", "--quiet", `${loadedRepository(registry)}*`)).toBe("");
      };
      const copy = async () => {
        const damaged = join(workspace.root, "damaged.aistack");
        await execa("cp", [archive(), damaged]);
        return damaged;
      };

      it("refuses an archive that was not copied to its end", async () => {
        const file = await copy();
        truncateSync(file, 10_000_000);
        await refuse(
          file,
          /the archive ends after 9\.5 MiB of [\d.]+ MiB: it was not copied to its end\. Copy it again/,
        );
      });

      it("refuses an archive that was damaged, before the engine gets any of it", async () => {
        const file = await copy();
        await execa("sh", ["-c", 'printf x | dd of="$0" bs=1 seek=9000000 conv=notrunc', file]);
        await refuse(
          file,
          /the archive is damaged: its images do not have the hash that they were saved with\. Nothing was loaded\. Copy it again/,
        );
      });

      it("refuses a file that is no archive, and one that is not there", async () => {
        const file = join(workspace.root, "other.aistack");
        writeFileSync(file, "other".repeat(1000));
        await refuse(file, /it is no archive of images, or of a newer aistack/, 2);
        await refuse(join(workspace.root, "absent"), /the file is not there/, 2);
      });

      it("load: the image is found again by its digest, and the lock comes with it", async () => {
        const loaded = await aistack("images", "load", archive());
        expect(loaded.output).toContain(`images.lock.yaml binds ${reference} to ${digest}`);
        expect(loaded.code).toBe(0);
        expect(await docker("image", "ls", "--quiet", "aistack.invalid/archive")).toBe("");
        expect(await listed()).toMatchObject([
          { reference, digest, present: true, source: "archive" },
        ]);
      });

      it("first up: from the file alone, and the preview after it is empty", async () => {
        const up = await aistack("up", "--yes", "--stack", workspace.stack);
        expect(up.code).toBe(0);
        const answer = await workspace.ollama("/api/generate", {
          model: "tiny",
          prompt: "hello",
          stream: false,
        });
        expect((answer as { eval_count: number }).eval_count).toBeGreaterThan(0);
        const { output } = await pulumi("stack", "output", "--json");
        expect(JSON.parse(output).services.ollama.digest).toBe(digest);
        await expectNoChanges();
      });

      it("an archive with another digest than the checkout is bound to is refused", async () => {
        const other = `sha256:${"0".repeat(64)}`;
        const text = readFileSync(lockFile(), "utf8");
        writeFileSync(lockFile(), text.replace(digest, other));
        const loaded = await aistack("images", "load", archive());
        expect(loaded.output).toContain(
          `images load: images.lock.yaml binds ${reference} to ${other}, and the archive holds ${digest}. Take the lock of the checkout that saved the archive`,
        );
        expect(loaded.code).toBe(2);
        writeFileSync(lockFile(), text);
      });
    });
  });
});

/** The real Ollama that was built from package registries. */
async function builtOllama(workspace: Workspace): Promise<string> {
  const { output } = await workspace.aistack("images", "build", "ollama");
  const name = /aistack\.invalid\/ollama:[0-9a-f]+/.exec(output)?.[0];
  if (name === undefined) throw new Error(output);
  return name;
}

function loadedRepository(registry: Registry): string {
  return `aistack.invalid/loaded/${registry.host.replace(":", "-")}/${registry.prefix}-x/`;
}

async function removeLoaded(registry: Registry | undefined): Promise<void> {
  if (registry === undefined) return;
  const filter = `reference=${loadedRepository(registry)}*`;
  const names = await docker(
    "image",
    "ls",
    "--filter",
    filter,
    "--format",
    "{{.Repository}}:{{.Tag}}",
  );
  for (const name of names.split("\n").filter(Boolean)) await docker("image", "rm", name);
}
