import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { checkGpu, type GpuCheckOptions } from "../../cli/verbs/gpuCheck";
import { OperationError, StackError } from "../../plan/errors";
import { GpuHost } from "../support/gpu/gpuHost";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const ROW =
  "0, GPU-00000000-0000-0000-0000-000000000000, NVIDIA A100, 40960, 580.95.05, [N/A], 8.0";
const ABSENT =
  "GPU: there is no GPU of NVIDIA's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none\n";

let host: GpuHost;
let root = "";
let out = "";
let err = "";

beforeEach(() => {
  host = new GpuHost();
  root = mkdtempSync(join(tmpdir(), "aistack-checkout-"));
  symlinkSync(join(CHECKOUT, "assets"), join(root, "assets"));
  mkdirSync(join(root, "stacks"));
  vi.unstubAllEnvs();
  for (const [name, value] of Object.entries(host.variables())) vi.stubEnv(name, value);
  out = "";
  err = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  host.remove();
  rmSync(root, { recursive: true });
});

const check = (options: GpuCheckOptions = {}) => checkGpu(root, options);

function stack(name: string, settings: Readonly<Record<string, unknown>>): void {
  const lines = Object.entries(settings).map(
    ([key, value]) => `  aistack:${key}: ${JSON.stringify(value)}`,
  );
  writeFileSync(join(root, `stacks/Pulumi.${name}.yaml`), `config:\n${lines.join("\n")}\n`);
}

/** NVIDIA's GPU, which containers reach by CDI, and nvidia-smi in them. */
function withGpu(runtimes = '"runc":{}'): void {
  host.command("nvidia-smi", `case "$*" in --query*) echo '${ROW}' ;; esac`);
  host.withToolkit();
  host.command(
    "docker",
    [
      '[ "$1" = --host ] && shift 2',
      'echo "$*" >>"$AISTACK_RUN-docker"',
      'case "$1" in',
      `info) echo '{"ServerVersion":"29.1.0","Runtimes":{${runtimes}},"CDISpecDirs":["/var/run/cdi"]}' ;;`,
      `run) [ -e "$AISTACK_RUN/broken" ] && { echo "Failed to initialize NVML: Unknown Error"; exit 255; }; echo 'GPU 0: NVIDIA A100 (UUID: GPU-00000000-0000-0000-0000-000000000000)' ;;`,
      "esac",
    ].join("\n"),
  );
}

describe("a host without any GPU", () => {
  test("that none is expected of is fine", async () => {
    expect(await check()).toBe(0);
    expect([out, err]).toEqual(["No GPU of NVIDIA's.\n", ""]);
  });

  test("that a GPU is expected of is not ready", async () => {
    expect(await check({ required: true })).toBe(3);
    expect(err).toBe(ABSENT.replace("GPU of NVIDIA's", "GPU that containers could use"));
  });

  test.each<[string, Record<string, unknown>, boolean, number, string]>([
    ["wants none", { gpu: "none" }, false, 0, ""],
    ["wants NVIDIA's", { gpu: "nvidia" }, false, 3, ABSENT],
    ["can do without", { gpu: "nvidia", gpuRequired: false }, false, 0, ""],
    ["can do without, but --required", { gpu: "nvidia", gpuRequired: false }, true, 3, ABSENT],
    ["wants AMD's", { gpu: "amd" }, false, 3, ABSENT.replace("NVIDIA's", "AMD's")],
  ])("and a stack that %s", async (_what, settings, required, code, told) => {
    stack("lab", settings);
    expect(await check({ stack: "lab", required })).toBe(code);
    expect(err).toBe(told);
  });
});

describe("a host with a GPU", () => {
  beforeEach(() => withGpu());

  test("is fine", async () => {
    stack("lab", { gpu: "nvidia" });
    expect(await check({ stack: "lab" })).toBe(0);
    expect(out.split("\n").slice(0, 4)).toEqual([
      "NVIDIA driver 580.95.05 (read from nvidia-smi)",
      "GPU  name         memory     compute  MIG  UUID",
      "0    NVIDIA A100  40960 MiB  8.0      -    GPU-00000000-0000-0000-0000-000000000000",
      "container toolkit 1.20.0: Docker reaches GPUs by CDI",
    ]);
    expect(err).toBe("");
  });

  test("is not ready where the container toolkit may not be used; that is told once", async () => {
    host.withToolkit("1.17.8");
    expect(await check({ required: true })).toBe(3);
    expect(out.match(/CVE-2026-24260/g)).toHaveLength(1);
    expect(err).toBe("");
  });

  test("with --json, standard output is the report alone", async () => {
    host.withToolkit("1.17.8");
    expect(await check({ required: true, json: true })).toBe(3);
    expect(JSON.parse(out)).toEqual({
      driver_version: "580.95.05",
      cuda_version: null,
      nvml_ok: false,
      nvml_error: "NO_PYTHON: NVML was not asked, because python3 is not installed",
      gpus: [
        {
          index: 0,
          uuid: "GPU-00000000-0000-0000-0000-000000000000",
          name: "NVIDIA A100",
          memory_total_mib: 40960,
          compute_capability: "8.0",
          mig: null,
        },
      ],
      toolkit: { installed: true, version: "1.17.8", runtime: false, cdi: true },
    });
    expect(err).toMatch(
      /^container toolkit: nvidia-container-toolkit 1\.17\.8 is below 1\.19\.1: /,
    );
  });

  test("a throw-away container sees it", async () => {
    expect(await check({ container: "image:1" })).toBe(0);
    expect(out).toMatch(/a container sees GPU-00000000-0000-0000-0000-000000000000\n$/);
    const [, run] = host.read("run-docker").split("\n");
    expect(run?.replace(/aistack-gpu-check-[0-9a-f]{6} /, "NAME ")).toBe(
      "run --rm --name NAME --pull never --log-driver none --network none --read-only --pids-limit 64 --cap-drop ALL --security-opt no-new-privileges --device nvidia.com/gpu=all --entrypoint nvidia-smi image:1 -L",
    );
  });

  test("a stack's own way into containers is what the throw-away container takes", async () => {
    withGpu('"runc":{},"nvidia":{}');
    stack("lab", { gpu: "nvidia", gpuMode: "runtime" });
    expect(await check({ stack: "lab", container: "image:1" })).toBe(0);
    expect(host.read("run-docker")).toContain(
      " --runtime nvidia --env NVIDIA_VISIBLE_DEVICES=all ",
    );
  });

  test("a stack's own GPUs are those that the throw-away container asks for", async () => {
    withGpu('"runc":{},"nvidia":{}');
    const uuid = "GPU-00000000-0000-0000-0000-000000000000";
    stack("lab", { gpu: "nvidia", gpuMode: "runtime", gpuDevices: [uuid] });
    expect(await check({ stack: "lab", container: "image:1" })).toBe(0);
    expect(host.read("run-docker")).toContain(
      ` --runtime nvidia --env NVIDIA_VISIBLE_DEVICES=${uuid} `,
    );
  });

  test("a stack that uses none asks no container for it", async () => {
    stack("lab", { gpu: "none" });
    await expect(check({ stack: "lab", container: "image:1" })).rejects.toThrow(
      '--container: stack "lab" uses no GPU, so none is to be found in its containers. Set aistack:gpu, or leave --container out',
    );
    expect(out).toBe("");
  });

  test("is not ready for a stack that wants another way into containers, or another GPU", async () => {
    stack("lab", { gpu: "nvidia", gpuMode: "runtime" });
    expect(await check({ stack: "lab" })).toBe(3);
    expect(err).toBe(
      'aistack:gpuMode: the engine has no runtime "nvidia". Set aistack:gpuMode: cdi, which this host has\n',
    );
  });

  test("a throw-away container that sees none is a host that is not ready", async () => {
    host.write("run/broken");
    expect(await check({ container: "image:1" })).toBe(3);
    expect(err).toBe(
      "GPU in a container: NVML finds no GPU in the container (Failed to initialize NVML: Unknown Error). The CDI specification may be older than the driver. Write it anew: sudo mkdir -p /var/run/cdi && sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml\n",
    );
  });
});

describe("--save", () => {
  test("writes what --json prints, readable by all", async () => {
    const file = join(root, "new/folder/report.json");
    expect(await check({ save: file, json: true })).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(out);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(err).toBe(`report written to ${file}\n`);
  });

  test("goes below the stack's hostRoot by default", async () => {
    stack("lab", { hostRoot: host.folder });
    expect(await check({ stack: "lab", save: true })).toBe(0);
    const file = join(host.folder, "var/lib/aistack/gpu_report.json");
    expect(JSON.parse(readFileSync(file, "utf8")).gpus).toEqual([]);
    expect(out).toBe(`No GPU of NVIDIA's.\nreport written to ${file}\n`);
  });

  test("does not follow a link", async () => {
    const file = join(root, "report.json");
    symlinkSync("/etc/hostname", file);
    expect(await check({ save: file })).toBe(0);
    expect(lstatSync(file).isFile()).toBe(true);
  });

  test("is an operation that failed where it cannot be written", async () => {
    writeFileSync(join(root, "file"), "");
    const path = join(root, "file", "report.json");
    const failed = await check({ save: path }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OperationError);
    expect((failed as Error).message).toMatch(
      /report\.json: the report cannot be written: E(NOTDIR|EXIST).*\. Run it as root, or name another file: --save PATH$/,
    );
  });

  test("does not mistake another machine's report for this one's", async () => {
    const key = `ssh-ed25519 ${"A".repeat(68)}`;
    stack("far", { host: { address: "10.0.0.9", hostKey: key } });
    await expect(check({ stack: "far", save: true })).rejects.toThrow(
      new StackError([
        {
          what: "the report of 10.0.0.9 is not written to this machine's /var/lib/aistack/gpu_report.json",
          where: "--save",
          fix: "Name a file: --save PATH",
        },
      ]),
    );
    expect(out).toBe("");
  });
});

test("a stack that is not there", async () => {
  await expect(check({ stack: "nowhere" })).rejects.toThrow(
    new StackError([
      {
        what: "there is no file stacks/Pulumi.nowhere.yaml",
        where: "--stack",
        fix: "Restore it, or make one with: cp stacks/Pulumi.standard-gpu.yaml stacks/Pulumi.nowhere.yaml",
      },
    ]),
  );
});

test("a stack's file with faults", async () => {
  stack("lab", { gpu: "nvidja" });
  await expect(check({ stack: "lab" })).rejects.toThrow(
    'stacks/Pulumi.lab.yaml:2: aistack:gpu: unknown value "nvidja". Did you mean "nvidia"?',
  );
});
