import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workspace } from "../support/e2e/workspace";
import { normalisePreview, type PreviewStep } from "../support/golden/normalise";

/**
 * What the engine would do for a new stack, as `pulumi preview --json` tells it: parents,
 * dependencies, options and inputs, which mocks cannot show. `vitest -u` rewrites the golden file.
 */
describe("the preview of stack minimal", () => {
  let workspace: Workspace;
  let steps: PreviewStep[];

  beforeAll(async () => {
    workspace = await Workspace.create();
    await workspace.prepare();
    const { output } = await workspace.pulumi("preview", "--json");
    steps = normalisePreview(output.slice(output.indexOf("{")), workspace);
  });
  afterAll(() => workspace?.remove());

  const step = (type: string) => {
    const found = steps.filter((candidate) => candidate.type === type);
    expect(found).toHaveLength(1);
    return found[0] as PreviewStep;
  };

  it("every resource is created, each under its parent", () => {
    expect(
      steps.map(({ operation, urn, parent }) => `${operation} ${urn} < ${parent ?? "nothing"}`),
    ).toEqual([
      "create AiStack aistack < Stack aistack-minimal",
      "create Command model-tiny-latest < Model model-tiny-latest",
      "create Command ollama-answers < ServiceProof ollama-answers",
      "create Command ollama-ready < ContainerService ollama",
      "create Container ollama < ContainerService ollama",
      "create ContainerService ollama < AiStack aistack",
      "create Model model-tiny-latest < AiStack aistack",
      "create Network aistack-net < AiStack aistack",
      "create RemoteImage ollama-image < ContainerService ollama",
      "create ServiceProof ollama-answers < AiStack aistack",
      "create Stack aistack-minimal < nothing",
      "create Storage aistack-storage < AiStack aistack",
      "create Volume ollama_data < Storage aistack-storage",
      "create docker aistack-engine < AiStack aistack",
    ]);
  });

  it("data outlives the stack: the volume is retained, unprotected unless asked, and has no labels", () => {
    const volume = step("docker:index/volume:Volume");
    expect(volume.retainOnDelete).toBe(true);
    expect(volume.protect).toBe(false);
    expect(Object.keys(volume.inputs).sort()).toEqual(["__defaults", "name"]);
  });

  it("order: the container after network, volume and image; the model after the gate", () => {
    expect(step("docker:index/container:Container").dependencies).toEqual([
      "Network aistack-net",
      "RemoteImage ollama-image",
      "Volume ollama_data",
    ]);
    const model = steps.find(({ urn }) => urn === "Command model-tiny-latest");
    expect(model?.dependencies).toContain("Command ollama-ready");
  });

  it("equals the golden file", async () => {
    await expect(`${JSON.stringify(steps, null, 2)}\n`).toMatchFileSnapshot(
      join(import.meta.dirname, "minimal.json"),
    );
  });
});
