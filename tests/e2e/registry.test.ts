import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Ran, Workspace } from "../support/e2e/workspace";
import { IMAGE_TYPE, LIST_TYPE, Registry, sha256 } from "../support/registry/registry";

/** What `aistack images lock` writes down, against a real registry (Debian's docker-registry) on loopback. */
describe("images lock", () => {
  let workspace: Workspace;
  let registry: Registry;
  /** digest by reference, by the registry's own word */
  const digests: Record<string, string> = {};

  beforeAll(async () => {
    workspace = await Workspace.create();
    registry = await Registry.start();
    for (const image of moveTo(workspace, registry))
      digests[registry.name(image)] = await registry.push(image);
  });
  afterAll(async () => {
    await registry?.remove();
    await workspace?.remove();
  });

  const lock = (...args: string[]): Promise<Ran> =>
    workspace.aistackWith({ DOCKER_CONFIG: registry.signedIn() }, "images", "lock", ...args);
  const lockFile = () => join(workspace.root, "images.lock.yaml");
  const entries = () => readFileSync(lockFile(), "utf8").split("\n").filter(isEntry);

  it("writes the digest that the registry gives each image, sorted", async () => {
    const { code, output } = await lock();
    const references = Object.keys(digests).sort();
    expect(output).toBe(
      [
        ...references.map((reference) => `added    ${reference} ${digests[reference]}`),
        "images.lock.yaml: 0 unchanged",
      ].join("\n"),
    );
    expect(code).toBe(0);
    expect(entries()).toEqual(
      references.map((reference) => `"${reference}": ${digests[reference]}`),
    );
  });

  it("a second time changes nothing, and not the file either", async () => {
    const before = readFileSync(lockFile(), "utf8");
    const count = Object.keys(digests).length;
    expect(await lock()).toEqual({ code: 0, output: `images.lock.yaml: ${count} unchanged` });
    expect(readFileSync(lockFile(), "utf8")).toBe(before);
    expect(readdirSync(workspace.root).filter((name) => name.startsWith("images.lock"))).toEqual([
      "images.lock.yaml",
    ]);
  });

  it("tells of a version whose content has changed, and of one that nobody names any more", async () => {
    const [image = ""] = Object.keys(digests).filter((name) => name.includes("/localai:"));
    const before = digests[image];
    digests[image] = await registry.push(shortName(image));
    writeFileSync(
      lockFile(),
      `${readFileSync(lockFile(), "utf8")}"gone/gone:1.0": ${sha256("")}\n`,
    );
    const { code, output } = await lock();
    expect(output).toBe(
      [
        `changed  ${image} ${before} -> ${digests[image]}`,
        `removed  gone/gone:1.0 ${sha256("")}`,
        `images.lock.yaml: ${Object.keys(digests).length - 1} unchanged`,
      ].join("\n"),
    );
    expect(code).toBe(0);
  });

  it("for one stack looks up its images alone, and leaves the others' entries", async () => {
    const before = entries();
    const [ollama = ""] = Object.keys(digests).filter((name) => name.includes("/ollama:0.34.3"));
    writeFileSync(lockFile(), `"other/other:1.0": ${sha256("")}\n`);
    const { code, output } = await lock("--stack", workspace.stack);
    expect(output).toBe(`added    ${ollama} ${digests[ollama]}\nimages.lock.yaml: 1 unchanged`);
    expect(code).toBe(0);
    expect(entries()).toEqual([
      `"${ollama}": ${digests[ollama]}`,
      `"other/other:1.0": ${sha256("")}`,
    ]);
    await lock();
    expect(entries()).toEqual(before);
  });

  describe("keeps what it had, ends with 1 and tells every reason", () => {
    let before: string;
    beforeAll(() => {
      before = readFileSync(lockFile(), "utf8");
    });
    afterEach(() => expect(readFileSync(lockFile(), "utf8")).toBe(before));

    const refused = async (expected: string, ...args: string[]) => {
      const { code, output } = await lock(...args);
      expect(output).toContain(expected);
      expect(code).toBe(1);
    };
    const kept = (digest = "") => `It keeps ${digest.slice(0, 19)}…`;
    const named = (name: string) =>
      Object.keys(digests).find((reference) => reference.includes(`/${name}:`)) ?? "";
    /** Alters something that the registry stores, and puts it back. */
    const withBlob = async (digest: string, content: string, check: () => Promise<void>) => {
      const path = registry.blob(digest);
      const whole = readFileSync(path);
      writeFileSync(path, content);
      try {
        await check();
      } finally {
        writeFileSync(path, whole);
      }
    };
    /** The engine reads what it does not have: all names of the image go first. */
    const pull = async (reference: string) => {
      for (const name of [reference, reference.split("@")[0] ?? ""])
        await execa("docker", ["image", "rm", "--force", name], { reject: false });
      const ran = await execa("docker", ["pull", reference], { reject: false, all: true });
      expect(ran.exitCode).not.toBe(0);
      return ran.all;
    };

    it("an architecture that the version does not have", async () => {
      const image = named("localai");
      const short = shortName(image);
      const single = await registry.manifest(short);
      const list = {
        schemaVersion: 2,
        mediaType: LIST_TYPE,
        manifests: [
          {
            mediaType: IMAGE_TYPE,
            digest: digests[image],
            size: Buffer.byteLength(single),
            platform: { os: "linux", architecture: "arm64", variant: "v8" },
          },
        ],
      };
      await registry.putManifest(short, LIST_TYPE, JSON.stringify(list));
      try {
        await refused(
          `${image}: ${registry.host} has ${registry.prefix}-x/localai v4.10.0 not for linux/amd64, only for linux/arm64. ${kept(digests[image])}. Name a version that is there for it`,
        );
        const forArm = await lock("--architecture", "arm64");
        // The other images are there for amd64 alone; this one is bound to the list's own digest.
        expect(forArm.output).toContain(
          `changed  ${image} ${digests[image]} -> ${await registry.digest(short)}`,
        );
        writeFileSync(lockFile(), before);
      } finally {
        await registry.putManifest(short, IMAGE_TYPE, single);
      }
    });

    it("a manifest that was tampered with, which the engine refuses as well", async () => {
      const image = named("localai");
      const digest = digests[image] ?? "";
      const whole = readFileSync(registry.blob(digest), "utf8");
      const tampered = whole.replace(/"size": \d+/, '"size": 1');
      expect(tampered).not.toBe(whole);
      await withBlob(digest, tampered, async () => {
        await refused(
          `${image}: ${registry.host} gives for ${registry.prefix}-x/localai ${digest} what has the digest ${sha256(tampered)}: it is damaged or was tampered with. ${kept(digest)}. Do not run it. Tell whoever runs the registry`,
        );
        expect(await pull(`${image}@${digest}`)).toContain("manifest verification failed");
      });
    });

    it("an image's configuration that was tampered with", async () => {
      const image = named("localai");
      const { config } = JSON.parse(await registry.manifest(shortName(image))) as {
        config: { digest: string };
      };
      const tampered = readFileSync(registry.blob(config.digest), "utf8").replace("amd64", "arm64");
      await withBlob(config.digest, tampered, () =>
        refused(`${config.digest} what has the digest ${sha256(tampered)}`),
      );
    });

    it("a layer that was tampered with is found by the engine, which reads it", async () => {
      const image = named("localai");
      const { layers } = JSON.parse(await registry.manifest(shortName(image))) as {
        layers: { digest: string }[];
      };
      const [layer] = layers;
      await withBlob(layer?.digest ?? "", "tampered", async () => {
        expect(await pull(`${image}@${digests[image]}`)).toMatch(
          /filesystem layer verification failed|unexpected EOF|unexpected commit digest/,
        );
      });
    });

    it("a version that the registry does not have, beside one that it has", async () => {
      workspace.edit("compose/localai.yaml", "/localai:v4.10.0", "/localai:v4.99.0");
      try {
        const { code, output } = await lock();
        expect(output).toContain(
          `${registry.host} has no ${registry.prefix}-x/localai v4.99.0. It has no digest. See whether the name and the version are right`,
        );
        expect(code).toBe(1);
        expect(readFileSync(lockFile(), "utf8")).toContain(named("ollama"));
      } finally {
        workspace.edit("compose/localai.yaml", "/localai:v4.99.0", "/localai:v4.10.0");
        writeFileSync(lockFile(), before);
      }
    });

    it("a registry that does not answer", async () => {
      await registry.stop();
      try {
        await refused(`${registry.host} does not answer: `);
      } finally {
        await registry.restart();
      }
    });
  });
});

/** A registry with a password: the docker command's own credentials serve aistack as well. */
describe("a registry that asks for a password", () => {
  let workspace: Workspace;
  let registry: Registry;
  const digests: Record<string, string> = {};

  beforeAll(async () => {
    workspace = await Workspace.create();
    registry = await Registry.start({ password: true });
    for (const image of moveTo(workspace, registry))
      digests[registry.name(image)] = await registry.push(image);
  });
  afterAll(async () => {
    await registry?.remove();
    await workspace?.remove();
  });
  const lock = (config: string) =>
    workspace.aistackWith({ DOCKER_CONFIG: config }, "images", "lock", "--stack", workspace.stack);
  const lockFile = () => join(workspace.root, "images.lock.yaml");

  it("refuses whoever has not signed in, and is told how to", async () => {
    const { code, output } = await lock(join(workspace.root, "nothing"));
    expect(output).toContain(
      `${registry.host} refuses whoever has not signed in for ${registry.prefix}-x/ollama. It has no digest. See whether the name is right, and sign in with: docker login ${registry.host}`,
    );
    expect(code).toBe(1);
    expect(existsSync(lockFile())).toBe(false);
  });

  it("refuses a wrong password, which is in no message", async () => {
    const { code, output } = await lock(registry.signedIn("battery-staple"));
    expect(output).toContain(
      `${registry.host} refuses the credentials for ${registry.prefix}-x/ollama`,
    );
    expect(output).not.toContain("battery-staple");
    expect(code).toBe(1);
  });

  it("gives its digest to the right one", async () => {
    const { code } = await lock(registry.signedIn());
    expect(code).toBe(0);
    const [ollama = ""] = Object.keys(digests).filter((name) => name.includes("/ollama:0.34.3"));
    expect(readFileSync(lockFile(), "utf8")).toContain(`"${ollama}": ${digests[ollama]}\n`);
  });
});

/** `localai:v4.10.0` of a reference to this registry. */
function shortName(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

function isEntry(line: string): boolean {
  return line !== "" && !line.startsWith("#");
}

/**
 * Lets every image of the Compose files come from this registry, its version as it was.
 * @returns their names in the registry
 */
function moveTo(workspace: Workspace, registry: Registry): string[] {
  const images = new Set<string>();
  const folder = join(workspace.root, "compose");
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const text = readFileSync(file, "utf8");
    const moved = text.replaceAll(
      /^(\s+[a-z0-9-]+: )(?:[a-z0-9.-]+\/)*?(ollama|open-webui|localai):(v?\d\S*)$/gm,
      (_line, key: string, image: string, version: string) => {
        images.add(`${image}:${version}`);
        return `${key}${registry.name(`${image}:${version}`)}`;
      },
    );
    writeFileSync(file, moved);
  }
  return [...images];
}
