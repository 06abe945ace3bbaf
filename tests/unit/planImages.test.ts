import { describe, expect, test } from "vitest";
import { imageReferenceFault } from "../../plan/imageReference";
import {
  chooseImage,
  type ImageNames,
  type ImagePlan,
  imageNames,
  loadedImageName,
  originOf,
  planImage,
} from "../../plan/images";

const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
const NAMES: ImageNames = {
  lock: { "ollama/ollama:0.34.3": DIGEST },
  built: { ollama: "aistack.invalid/ollama:0123" },
};

describe("planImage", () => {
  const hash = (letter: string) => letter.repeat(64);

  test.each([
    [
      "a locked version is pinned to its digest",
      "ollama/ollama:0.34.3",
      DIGEST,
      `ollama/ollama:0.34.3@${DIGEST}`,
      `aistack.invalid/loaded/ollama/ollama:0.34.3-${hash("a")}`,
    ],
    [
      "another version is not",
      "ollama/ollama:0.34.4",
      undefined,
      "ollama/ollama:0.34.4",
      undefined,
    ],
    [
      "a digest of one's own stays",
      `ollama/ollama:0.34.3@${OTHER}`,
      OTHER,
      `ollama/ollama:0.34.3@${OTHER}`,
      `aistack.invalid/loaded/ollama/ollama:0.34.3-${hash("b")}`,
    ],
  ])("%s", (_what, reference, digest, registryName, loadedName) => {
    expect(planImage("ollama", reference, "auto", NAMES)).toEqual({
      service: "ollama",
      source: "auto",
      reference,
      digest,
      registryName,
      loadedName,
      builtName: "aistack.invalid/ollama:0123",
    });
  });

  test("a service without a recipe has no built image", () => {
    expect(planImage("other", "a:1", "registry", NAMES)).toEqual({
      service: "other",
      source: "registry",
      reference: "a:1",
      digest: undefined,
      registryName: "a:1",
      loadedName: undefined,
      builtName: undefined,
    });
  });

  test("the names under which an engine may have it", () => {
    expect(imageNames(planImage("ollama", "ollama/ollama:0.34.3", "auto", NAMES))).toEqual([
      `ollama/ollama:0.34.3@${DIGEST}`,
      `aistack.invalid/loaded/ollama/ollama:0.34.3-${hash("a")}`,
      "aistack.invalid/ollama:0123",
    ]);
    expect(imageNames(planImage("other", "a:1", "auto", NAMES))).toEqual(["a:1"]);
  });
});

describe("the name of a loaded image", () => {
  const hash = "a".repeat(64);

  test.each([
    ["ghcr.io/open-webui/open-webui:v0.12.4", `ghcr.io/open-webui/open-webui:v0.12.4-${hash}`],
    ["127.0.0.1:5000/x/app:1", `127.0.0.1-5000/x/app:1-${hash}`],
    ["Registry.example:5000/app:1", `registry.example-5000/app:1-${hash}`],
    [`app@sha256:${hash}`, `app:${hash}`],
    [`app:${"1".repeat(128)}`, `app:${"1".repeat(63)}-${hash}`],
  ])("%s", (reference, name) => {
    const loaded = loadedImageName(reference, `sha256:${hash}`);
    expect(loaded).toBe(`aistack.invalid/loaded/${name}`);
    expect(imageReferenceFault(loaded)).toBeUndefined();
  });
});

describe("chooseImage", () => {
  const REGISTRY = `a:1@${DIGEST}`;
  const LOADED = `aistack.invalid/loaded/a:1-${"a".repeat(64)}`;
  const BUILT = "aistack.invalid/a:0123";
  const registry = { name: REGISTRY, built: false };
  const loaded = { name: LOADED, built: false };
  const built = { name: BUILT, built: true };
  const plan = (source: ImagePlan["source"], builtName: string | undefined): ImagePlan => ({
    service: "a",
    source,
    reference: "a:1",
    digest: DIGEST,
    registryName: REGISTRY,
    loadedName: LOADED,
    builtName,
  });
  const choose = (source: ImagePlan["source"], builtName: string | undefined, present: string[]) =>
    chooseImage(plan(source, builtName), new Map(present.map((name) => [name, "sha256:1"])));

  test.each<[ImagePlan["source"], string | undefined, string[], object]>([
    ["auto", BUILT, [], registry],
    ["auto", BUILT, [REGISTRY], registry],
    ["auto", BUILT, [BUILT], built],
    ["auto", BUILT, [LOADED], loaded],
    ["auto", BUILT, [LOADED, BUILT], loaded],
    ["auto", BUILT, [REGISTRY, LOADED, BUILT], registry],
    ["auto", undefined, [], registry],
    ["auto", undefined, [BUILT], registry],
    ["registry", BUILT, [BUILT], registry],
    ["registry", BUILT, [LOADED], registry],
    ["registry", BUILT, [], registry],
    ["archive", BUILT, [BUILT], registry],
    ["archive", BUILT, [LOADED, BUILT], loaded],
    ["archive", BUILT, [REGISTRY, LOADED], registry],
    ["build", BUILT, [], built],
    ["build", BUILT, [REGISTRY], built],
    ["build", undefined, [REGISTRY], registry],
    ["build", undefined, [LOADED], registry],
  ])("source %s, recipe %s, present %j", (source, builtName, present, chosen) => {
    expect(choose(source, builtName, present)).toEqual(chosen);
  });

  test.each<[ImagePlan["source"], string[], string]>([
    ["auto", [], "registry"],
    ["auto", [LOADED], "archive"],
    ["auto", [BUILT], "build"],
    ["archive", [], "archive"],
    ["archive", [REGISTRY], "archive"],
    ["registry", [REGISTRY], "registry"],
  ])("source %s, present %j: it is from %s", (source, present, origin) => {
    expect(originOf(plan(source, BUILT), choose(source, BUILT, present))).toBe(origin);
  });
});
