import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockBeforePull } from "../../cli/images/lockBeforePull";
import { writeLock } from "../../cli/images/lockFile";
import { describeLock } from "../../cli/images/lockImages";
import { RegistryFault } from "../../cli/images/registry/fault";
import { resolveLock } from "../../cli/images/resolveLock";
import { readLock } from "../../host/checkout";
import { formatProblem } from "../../plan/errors";
import { compareLocks, renderLock } from "../../plan/imageLock";
import {
  collectImageReferences,
  collectPlanReferences,
  lockableReferences,
} from "../../plan/imageReferences";
import { composeText, readProject } from "../support/plan/composeText";
import { hostFacts } from "../support/plan/hostOutput";
import { settings } from "../support/plan/settings";
import { BUILT, planMinimal, planStandard } from "../support/plan/stack";

const A = `sha256:${"a".repeat(64)}`;
const B = `sha256:${"b".repeat(64)}`;
const OLLAMA = "ollama/ollama:0.34.3";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-lock-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the file", () => {
  test("is sorted, tells what it is, and has no date", () => {
    expect(renderLock({ "b:1": B, "a:1": A })).toBe(
      `# Digest of every image, by its name and version. Written by aistack: before it pulls an image for the first time, and
# by "aistack images lock". From then on exactly that content runs. Keep the file with the others.
"a:1": ${A}
"b:1": ${B}
`,
    );
  });

  test("is read back as it was written, and nothing is left beside it", async () => {
    const lock = { "127.0.0.1:5000/x/a:1": A, "b:1": B };
    await writeLock(root, { "old:1": A });
    await writeLock(root, lock);
    expect(readLock(root)).toEqual(lock);
    expect(readdirSync(root)).toEqual(["images.lock.yaml"]);
  });

  test("what another one changes", () => {
    expect(compareLocks({ a: A, b: A, c: A }, { c: A, b: B, d: A })).toEqual({
      added: ["d"],
      changed: ["b"],
      removed: ["a"],
    });
  });
});

describe("resolving", () => {
  const fault = new RegistryFault("unreachable", "HOST does not answer: x", "Try again");
  const resolve = async (reference: string) => {
    if (reference.startsWith("bad")) throw fault;
    return B;
  };

  test("one reference that fails keeps what it had, and is told", async () => {
    const before = { "bad:1": A, "gone:1": A, "good:1": A };
    const references = ["good:1", "bad:2", "bad:1"];
    const result = await resolveLock({ references, before, complete: true, resolve });
    expect(result.lock).toEqual({ "bad:1": A, "good:1": B });
    expect(result.problems.map(formatProblem)).toEqual([
      "bad:1: HOST does not answer: x. It keeps sha256:aaaaaaaaaaaa…. Try again",
      "bad:2: HOST does not answer: x. It has no digest. Try again",
    ]);
    expect(describeLock(before, result)).toBe(
      `changed  good:1 ${A} -> ${B}\nremoved  gone:1 ${A}\nimages.lock.yaml: 1 unchanged, some of them not looked up\n`,
    );
  });

  test("some references leave the entries of others", async () => {
    const request = { references: ["good:1"], before: { "other:1": A }, complete: false, resolve };
    expect((await resolveLock(request)).lock).toEqual({ "other:1": A, "good:1": B });
  });

  test("a bug is no problem of the user's", async () => {
    const bug = async () => {
      throw new TypeError("a bug");
    };
    const request = { references: ["a:1"], before: {}, complete: true, resolve: bug };
    await expect(resolveLock(request)).rejects.toThrow(TypeError);
  });
});

test("every image that any stack may run: Compose files, variants, overrides, each once", () => {
  const project = readProject(composeText());
  const [service] = Object.values(project.services);
  const extension = service?.["x-aistack"] as { variants?: Record<string, string> };
  extension.variants = { amd: "one:1-rocm", nvidia: "one:1" };
  const stacks = [
    settings({ images: { overrides: { one: "mine:2" } } }),
    settings({ images: { overrides: { one: `mine:3@${A}` } } }),
  ];
  const references = collectImageReferences(project, stacks);
  expect(references).toEqual(["mine:2", `mine:3@${A}`, "one:1", "one:1-rocm"]);
  expect(lockableReferences(references)).toEqual(["mine:2", "one:1", "one:1-rocm"]);
});

test("every image that one stack may run on its GPUs, whichever CUDA the driver serves", () => {
  const references = (gpu: string) => collectPlanReferences(planStandard({ gpu }).services);
  const localai = "localai/localai:v4.10.0";
  const webui = expect.stringMatching(/open-webui/);
  expect(references("none")).toEqual([webui, localai, OLLAMA]);
  expect(references("nvidia")).toEqual([
    webui,
    localai,
    `${localai}-gpu-nvidia-cuda-12`,
    `${localai}-gpu-nvidia-cuda-13`,
    OLLAMA,
  ]);
  expect(references("amd")).toEqual([
    webui,
    localai,
    `${localai}-gpu-hipblas`,
    OLLAMA,
    `${OLLAMA}-rocm`,
  ]);
});

describe("before a pull", () => {
  const notes: string[] = [];
  beforeEach(() => {
    notes.length = 0;
  });
  const lock = (config: Record<string, unknown>, ...lines: string[]) =>
    lockBeforePull(root, planMinimal(config), hostFacts(...lines), (line) => notes.push(line));
  const image = (name: string, digests: readonly string[]) =>
    `image\t${name}\t${JSON.stringify({ Id: "i1", RepoDigests: digests })}`;

  test("an image that the engine has pulled is bound to what it has", async () => {
    expect(await lock({}, image(OLLAMA, [`ollama/ollama@${A}`, `mirror/ollama@${B}`]))).toEqual([
      OLLAMA,
    ]);
    expect(readLock(root)).toEqual({ [OLLAMA]: A });
    expect(notes).toEqual([`images.lock.yaml binds ${OLLAMA} to ${A}`]);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ["that was loaded, not pulled", {}, [image(OLLAMA, [])]],
    ["with several digests", {}, [image(OLLAMA, [`ollama/ollama@${A}`, `ollama/ollama@${B}`])]],
    ["that was built here", {}, [image(BUILT, [])]],
    ["that comes from an archive", { images: { source: "archive" } }, []],
    ["that names a digest itself", { images: { overrides: { ollama: `${OLLAMA}@${A}` } } }, []],
  ])("an image %s is left alone, and no registry is asked", async (_what, config, lines) => {
    expect(await lock(config, ...lines)).toEqual([]);
    expect(readdirSync(root)).toEqual([]);
    expect(notes).toEqual([]);
  });

  test("a registry that does not answer is told, and keeps no update from trying", async () => {
    const override = { ollama: "127.0.0.1:1/x/ollama:0.34.3" };
    expect(await lock({ images: { source: "registry", overrides: override } })).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(
        /^127\.0\.0\.1:1\/x\/ollama:0\.34\.3 gets no digest in images\.lock\.yaml: 127\.0\.0\.1:1 does not answer: \S+/,
      ),
    ]);
  });

  test("entries of others stay", async () => {
    await writeLock(root, { "other:1": B });
    await lock({}, image(OLLAMA, [`ollama/ollama@${A}`]));
    expect(readFileSync(join(root, "images.lock.yaml"), "utf8")).toBe(
      renderLock({ "other:1": B, [OLLAMA]: A }),
    );
  });
});
