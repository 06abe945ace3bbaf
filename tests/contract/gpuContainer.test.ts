import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { gpuContainerArguments, parseGpuContainer } from "../../host/gpuContainerProbe";
import { type GpuRequest, requestGpu } from "../../plan/gpuRequest";

// The engine's own refusals, and what a container of ours may not do. There is no GPU: a stand-in for
// nvidia-smi, which NVIDIA's toolkit would bring, lies in the image.
const PREFIX = `t${randomBytes(3).toString("hex")}`;
const IMAGE = `${PREFIX}-gpu:1`;
const NAME = `${PREFIX}-gpu`;
const folder = mkdtempSync(join(tmpdir(), "aistack-smi-"));

beforeAll(async () => {
  const source = join(import.meta.dirname, "../support/gpu/fakeSmi.c");
  const program = join(folder, "nvidia-smi");
  await execa("gcc", ["-Wall", "-Wextra", "-Werror", "-static", "-o", program, source]);
  await execa("tar", ["--create", "--directory", folder, "nvidia-smi"]).pipe("docker", [
    "import",
    "-",
    IMAGE,
  ]);
});
afterAll(async () => {
  await execa("docker", ["rmi", IMAGE]);
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  const { stdout } = await execa("docker", ["ps", "--all", "--quiet", "--filter", `name=${NAME}`]);
  expect(stdout).toBe("");
});

async function run(wanted: Partial<GpuRequest>, command = "/nvidia-smi", image = IMAGE) {
  const request = {
    ...requestGpu({ gpu: "none", gpuMode: "cdi", gpuDevices: [] }, undefined),
    ...wanted,
  };
  const args = gpuContainerArguments({ image, request, name: NAME, command: [command, "-L"] });
  const { exitCode, stdout, stderr } = await execa("docker", args, { reject: false });
  return parseGpuContainer({ exitCode, stdout, stderr });
}

const what = async (answer: ReturnType<typeof run>) => {
  const said = await answer;
  return "problem" in said ? said.problem.what.replace(/ \(.*$/s, "") : said;
};

test("a container that sees a GPU can do nothing else", async () => {
  expect(await run({})).toEqual({ seen: ["GPU-00000000-0000-0000-0000-000000000000"] });
});

test("an engine that does not know the runtime", async () => {
  expect(await what(run({ runtime: `${PREFIX}-none` }))).toBe(
    "Docker does not know the container toolkit",
  );
});

test("a device that no CDI specification names", async () => {
  // An engine before 25, or one that is not told to, knows no CDI at all.
  expect([
    "the engine does not read CDI specifications",
    "no CDI specification names the GPU",
  ]).toContain(await what(run({ devices: [`${PREFIX}.test/gpu=all`] })));
});

test("an image that is not there is not pulled", async () => {
  expect(await what(run({}, "/nvidia-smi", `${PREFIX}-none:1`))).toBe(
    "the image is not on this host",
  );
});

test("an image into which nobody put nvidia-smi", async () => {
  expect(await what(run({}, "nvidia-smi-absent"))).toBe(
    "the driver's tools did not come into the container",
  );
});
