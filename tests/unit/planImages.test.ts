import { describe, expect, test } from "vitest";
import { chooseImage, type ImageNames, planImage } from "../../plan/images";

const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
const NAMES: ImageNames = {
  lock: { "ollama/ollama:0.34.3": DIGEST },
  built: { ollama: "aistack.invalid/ollama:0123" },
};

describe("planImage", () => {
  test.each([
    [
      "a locked version is pinned to its digest",
      "ollama/ollama:0.34.3",
      `ollama/ollama:0.34.3@${DIGEST}`,
    ],
    ["another version is not", "ollama/ollama:0.34.4", "ollama/ollama:0.34.4"],
    [
      "a digest of one's own stays",
      `ollama/ollama:0.34.3@${OTHER}`,
      `ollama/ollama:0.34.3@${OTHER}`,
    ],
  ])("%s", (_what, reference, registryName) => {
    expect(planImage("ollama", reference, "auto", NAMES)).toEqual({
      service: "ollama",
      source: "auto",
      registryName,
      builtName: "aistack.invalid/ollama:0123",
    });
  });

  test("a service without a recipe has no built image", () => {
    expect(planImage("other", "a:1", "registry", NAMES)).toEqual({
      service: "other",
      source: "registry",
      registryName: "a:1",
      builtName: undefined,
    });
  });
});

describe("chooseImage", () => {
  const REGISTRY = "a:1";
  const BUILT = "aistack.invalid/a:0123";
  const registry = { name: REGISTRY, built: false };
  const built = { name: BUILT, built: true };

  test.each<["auto" | "registry" | "archive" | "build", string | undefined, string[], object]>([
    ["auto", BUILT, [], registry],
    ["auto", BUILT, [REGISTRY], registry],
    ["auto", BUILT, [BUILT], built],
    ["auto", BUILT, [REGISTRY, BUILT], registry],
    ["auto", undefined, [], registry],
    ["auto", undefined, [BUILT], registry],
    ["registry", BUILT, [BUILT], registry],
    ["registry", BUILT, [], registry],
    ["archive", BUILT, [BUILT], registry],
    ["build", BUILT, [], built],
    ["build", BUILT, [REGISTRY], built],
    ["build", undefined, [REGISTRY], registry],
  ])("source %s, recipe %s, present %j", (source, builtName, present, chosen) => {
    const plan = { service: "a", source, registryName: REGISTRY, builtName };
    expect(chooseImage(plan, new Map(present.map((name) => [name, "sha256:1"])))).toEqual(chosen);
  });
});
