import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { detect } from "../../cli/detect";
import { GPU_A, gpuHost, nvidiaHost } from "../support/plan/hostGpus";
import { problemsOf } from "../support/plan/problems";

const ROOT = resolve(import.meta.dirname, "../..");

/** A checkout with a stack file of its own. */
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-detect-"));
  cpSync(join(ROOT, "compose"), join(root, "compose"), { recursive: true });
  mkdirSync(join(root, "images"));
  mkdirSync(join(root, "stacks"));
});
afterEach(() => rmSync(root, { recursive: true }));

const FILE = () => join(root, "stacks/Pulumi.box.yaml");

function stack(text: string): void {
  writeFileSync(FILE(), text);
  chmodSync(FILE(), 0o640);
}

const OLD_DRIVER = nvidiaHost({ driver_version: "570.86.15", cuda_version: "12.8" });

describe("without --write", () => {
  test("prints what was seen, the images that would run, and settings to paste; the file stays", () => {
    const text = "config:\n  aistack:profile: standard-gpu\n";
    stack(text);
    const { out, notes } = detect(root, { stack: "box" }, OLD_DRIVER);
    expect(
      out,
    ).toBe(`# Seen: NVIDIA GeForce RTX 4090 (24564 MiB), NVIDIA GeForce RTX 4090 (24564 MiB), driver 570.86.15, CUDA 12.8, 65536 MiB of memory
# Image of localai: localai/localai:v4.10.0-gpu-nvidia-cuda-12
# Image of ollama: ollama/ollama:0.34.3
# Image of openwebui: ghcr.io/open-webui/open-webui:v0.12.4
config:
  aistack:gpu: nvidia
  aistack:gpuMode: cdi
  aistack:limits:
    ollama: { memory: 35g }
    localai: { memory: 17g }
  aistack:models:
    - name: gemma3:27b
    - name: nomic-embed-text
`);
    expect(notes).toEqual([]);
    expect(readFileSync(FILE(), "utf8")).toBe(text);
  });

  test("tells what has to be mended first", () => {
    stack("config: {}\n");
    const problem = {
      severity: "error",
      what: "the driver is not loaded",
      fix: "Load it",
    } as const;
    const { out, notes } = detect(root, { stack: "box" }, gpuHost({ problems: [problem] }));
    expect(out).toContain("  aistack:gpu: none\n");
    expect(notes).toEqual(["first: the driver is not loaded. Load it"]);
  });

  test("as JSON", () => {
    stack("config: {}\n");
    const facts = nvidiaHost();
    const { out } = detect(root, { stack: "box", json: true }, facts);
    expect(JSON.parse(out)).toEqual({
      settings: {
        gpu: "nvidia",
        gpuMode: "cdi",
        limits: { ollama: { memory: "57g" } },
        models: [{ name: "gemma3:27b" }],
      },
      images: { ollama: "ollama/ollama:0.34.3" },
      problems: [],
      report: facts.report,
    });
  });

  test("devices that were named for another vendor are no obstacle", () => {
    stack("config:\n  aistack:gpu: amd\n  aistack:gpuDevices: [renderD128]\n");
    expect(detect(root, { stack: "box" }, nvidiaHost()).out).toContain("aistack:gpu: nvidia\n");
  });
});

describe("with --write", () => {
  test("the file has the settings, and its rights; what it says of models and limits stays", () => {
    stack(
      "# mine\nconfig:\n  aistack:models:\n    - name: tiny\n      from: file:models/tiny.gguf\n",
    );
    const { notes } = detect(root, { stack: "box", write: true }, nvidiaHost());
    expect(readFileSync(FILE(), "utf8")).toBe(`# mine
config:
  aistack:models:
    - name: tiny
      from: file:models/tiny.gguf
  aistack:gpu: nvidia
  aistack:gpuMode: cdi
  aistack:limits:
    ollama: { memory: 57g }
`);
    expect(statSync(FILE()).mode & 0o777).toBe(0o640);
    expect(notes).toEqual(["written: stacks/Pulumi.box.yaml", "aistack:models was left as it is"]);
  });

  test("a second time there is nothing to write", () => {
    stack("config: {}\n");
    detect(root, { stack: "box", write: true }, nvidiaHost());
    const { mtimeMs } = statSync(FILE());
    const { notes } = detect(root, { stack: "box", write: true }, nvidiaHost());
    expect(notes).toEqual([
      "stacks/Pulumi.box.yaml says this already",
      "aistack:limits was left as it is",
      "aistack:models was left as it is",
    ]);
    expect(statSync(FILE()).mtimeMs).toBe(mtimeMs);
  });

  test("nothing is written that would contradict the file", () => {
    const text = "config:\n  aistack:gpu: amd\n  aistack:gpuDevices: [renderD128]\n";
    stack(text);
    expect(problemsOf(() => detect(root, { stack: "box", write: true }, nvidiaHost()))).toEqual([
      'stacks/Pulumi.box.yaml:3: aistack:gpuDevices[0]: "renderD128" does not fit aistack:gpu: nvidia. ' +
        "Name NVIDIA GPUs by their UUIDs (nvidia-smi -L lists them)",
    ]);
    expect(readFileSync(FILE(), "utf8")).toBe(text);
  });

  test("named GPUs of the same vendor stay named", () => {
    stack(`config:\n  aistack:gpu: nvidia\n  aistack:gpuDevices: [${GPU_A}]\n`);
    detect(root, { stack: "box", write: true }, nvidiaHost());
    expect(readFileSync(FILE(), "utf8")).toContain(GPU_A);
  });
});

test("a faulty configuration is told, and nothing is proposed", () => {
  stack("config:\n  aistack:gpu: nvidea\n");
  expect(problemsOf(() => detect(root, { stack: "box" }, nvidiaHost()))).toEqual([
    'stacks/Pulumi.box.yaml:2: aistack:gpu: unknown value "nvidea". Did you mean "nvidia"? Accepted: none, nvidia, amd, intel',
  ]);
});
