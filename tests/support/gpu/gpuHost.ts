import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { execa, execaSync } from "execa";
import { gpuLoadScript, gpuProbeScript } from "../../../host/gpuProbe";
import { type GpuFacts, parseGpuFacts } from "../../../plan/gpuFacts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
const TOOLS = ["cat", "grep", "readlink", "sed", "sh", "sleep", "stat", "tr"];

/** Cards of NVIDIA, AMD and Intel as the PCI bus lists them. */
const VENDOR_IDS = { nvidia: "0x10de", amd: "0x1002", intel: "0x8086" };

/**
 * A host for the GPU probe that is made of files: /proc, /sys, /dev, /etc and /var/run of its own, and a
 * PATH on which nothing is but the tools that every host has. Starts as a host without GPU, driver,
 * container toolkit, engine and Python.
 */
export class GpuHost {
  readonly folder = mkdtempSync(join(tmpdir(), "aistack-gpu-"));
  readonly #bin = join(this.folder, "bin");
  readonly #socket = join(this.folder, "docker.sock");
  /** variables that the probe runs with, beside those that say where things are */
  readonly environment: Record<string, string> = {};
  #engine: Server | undefined;

  constructor() {
    mkdirSync(this.#bin);
    for (const tool of TOOLS) this.#link(tool, which(tool));
    this.write("etc/os-release", 'ID=ubuntu\nVERSION_ID="24.04"\nID_LIKE=debian\n');
    this.write("proc/meminfo", "MemTotal:       65536000 kB\nMemFree: 1 kB\n");
  }

  /** A file below the host's root: `proc/…`, `sys/…`, `dev/…`, `etc/…`, `run/…`. */
  write(path: string, text = ""): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** A command on the PATH. @param body lines of sh */
  command(name: string, body: string): void {
    writeFileSync(join(this.#bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(this.#bin, name), 0o755);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  /** A card on the PCI bus. */
  card(address: string, driver?: string, vendor: keyof typeof VENDOR_IDS = "nvidia"): void {
    const folder = `sys/bus/pci/devices/${address}`;
    this.write(`${folder}/vendor`, `${VENDOR_IDS[vendor]}\n`);
    this.write(`${folder}/class`, "0x030000\n");
    if (driver === undefined) return;
    mkdirSync(join(this.folder, "sys/drivers", driver), { recursive: true });
    symlinkSync(join(this.folder, "sys/drivers", driver), join(this.folder, folder, "driver"));
  }

  renderNode(name: string, vendor: string, device: string, memoryBytes?: number): void {
    this.write(`dev/dri/${name}`);
    const folder = `sys/class/drm/${name}/device`;
    this.write(`${folder}/vendor`, `${vendor}\n`);
    this.write(`${folder}/device`, `${device}\n`);
    if (memoryBytes !== undefined) this.write(`${folder}/mem_info_vram_total`, `${memoryBytes}\n`);
  }

  /** Python, which finds no NVML. */
  withPython(): this {
    this.#link("python3", pythonExecutable());
    this.environment.AISTACK_NVML = "libnvidia-ml-absent.so.1";
    return this;
  }

  /** Python and the stand-in for NVML, switched by `switches` (see fakeNvml.c), as on a host with a driver. */
  withNvml(library: string, switches: Readonly<Record<string, string>> = {}): this {
    this.withPython();
    delete this.environment.AISTACK_NVML;
    Object.assign(this.environment, { LD_LIBRARY_PATH: library, ...switches });
    this.card("0000:01:00.0", "nvidia");
    this.write(
      "proc/driver/nvidia/version",
      "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (dvs-builder)  Tue Sep 23 10:11:16 UTC 2025\nGCC version:  gcc version 13.3.0\n",
    );
    return this;
  }

  /** A container toolkit whose CDI specification names these devices. */
  withToolkit(version = "1.20.0", devices: readonly string[] = ["nvidia.com/gpu=all"]): this {
    this.command(
      "nvidia-ctk",
      [
        'case "$*" in',
        `--version) printf 'NVIDIA Container Toolkit CLI version ${version}\\ncommit: abc\\n' ;;`,
        `"cdi list") echo 'time="2026-11-25T04:00:00Z" level=info msg="Found ${devices.length} CDI devices"' >&2; printf '%s\\n' ${devices.map((name) => `'${name}'`).join(" ")} ;;`,
        "esac",
      ].join("\n"),
    );
    if (devices.length > 0)
      this.write("run/cdi/nvidia.yaml", "---\ncdiVersion: 0.5.0\nkind: nvidia.com/gpu\n");
    return this;
  }

  /** An engine that answers GET /info. */
  async withEngine(info: Readonly<Record<string, unknown>> = {}): Promise<this> {
    const answer = {
      ServerVersion: "29.1.0",
      Runtimes: { runc: {}, "io.containerd.runc.v2": {} },
      CgroupDriver: "systemd",
      CDISpecDirs: ["/etc/cdi", "/var/run/cdi"],
      ...info,
    };
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/info" ? 200 : 404;
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((done) => server.listen(this.#socket, done));
    this.#engine = server;
    this.#link("curl", which("curl"));
    return this;
  }

  /** What the probe prints, as one text on a shell's standard input. */
  async probe(shell = "/bin/sh"): Promise<string> {
    return this.#run(gpuProbeScript(CHECKOUT), shell);
  }

  /** What the probe of the GPUs' load prints. */
  async load(): Promise<string> {
    return this.#run(gpuLoadScript(CHECKOUT), "/bin/sh");
  }

  async #run(script: string, shell: string): Promise<string> {
    const { stdout } = await execa(shell, ["-s"], {
      input: script,
      extendEnv: false,
      env: this.variables(),
    });
    return stdout;
  }

  async facts(): Promise<GpuFacts> {
    return parseGpuFacts(await this.probe());
  }

  /** Everything that the probe finds this host by. */
  variables(): Record<string, string> {
    return {
      PATH: this.#bin,
      LC_ALL: "C",
      DOCKER_SOCKET: this.#socket,
      AISTACK_PROC: join(this.folder, "proc"),
      AISTACK_SYS: join(this.folder, "sys"),
      AISTACK_DEV: join(this.folder, "dev"),
      AISTACK_ETC: join(this.folder, "etc"),
      AISTACK_RUN: join(this.folder, "run"),
      ...this.environment,
    };
  }

  remove(): void {
    this.#engine?.close();
    this.#engine?.closeAllConnections();
    rmSync(this.folder, { recursive: true });
  }

  #link(name: string, target: string): void {
    symlinkSync(target, join(this.#bin, name));
  }
}

/**
 * Compiles the stand-in for NVML.
 * @param folder where it goes, for LD_LIBRARY_PATH
 * @param options of the compiler, such as -DOLD_DRIVER
 */
export function compileFakeNvml(folder: string, ...options: string[]): string {
  mkdirSync(folder, { recursive: true });
  execaSync("gcc", [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-shared",
    "-fPIC",
    "-Wl,-soname,libnvidia-ml.so.1",
    ...options,
    "-o",
    join(folder, "libnvidia-ml.so.1"),
    join(CHECKOUT, "tests/support/gpu/fakeNvml.c"),
  ]);
  return folder;
}

function which(tool: string): string {
  return execaSync("sh", ["-c", `command -v ${tool}`]).stdout;
}

/** Not what is on the PATH, which may be a wrapper with a PATH of its own. */
function pythonExecutable(): string {
  return execaSync("python3", ["-c", "import sys; print(sys.executable)"]).stdout;
}
