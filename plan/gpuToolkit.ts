import { isRecord } from "./dataPath";
import type { GpuEngineFacts, ToolkitFacts } from "./gpuFacts";

/** What the probe printed of NVIDIA's container toolkit and of the engine. */
export interface ToolkitOutput {
  /** `nvidia-ctk --version` */
  readonly version: readonly string[];
  /** `nvidia-ctk cdi list` */
  readonly devices: readonly string[];
  /** files with CDI specifications that name NVIDIA's GPUs */
  readonly specs: readonly string[];
}

/** Source: Docker Engine API 1.41 to 1.57, GET /info. */
export interface EngineInfo extends GpuEngineFacts {
  /** folders in which it looks for CDI specifications; empty where it reads none */
  readonly cdiFolders: readonly string[];
  /** names of the CDI devices that it knows; undefined before engine 28.2, which does not tell */
  readonly cdiDevices: readonly string[] | undefined;
}

/** @returns undefined where the engine did not answer */
export function parseEngineInfo(lines: readonly string[]): EngineInfo | undefined {
  const info = lines.map(parseJson).find(isRecord);
  // `docker info` answers without an engine too, with an empty version.
  if (typeof info?.ServerVersion !== "string" || info.ServerVersion === "") return undefined;
  const discovered = Array.isArray(info.DiscoveredDevices)
    ? info.DiscoveredDevices.filter(isRecord)
    : undefined;
  return {
    version: info.ServerVersion,
    runtimes: isRecord(info.Runtimes) ? Object.keys(info.Runtimes).sort() : [],
    cgroupDriver: String(info.CgroupDriver ?? ""),
    cdiFolders: Array.isArray(info.CDISpecDirs) ? info.CDISpecDirs.map(String) : [],
    cdiDevices: discovered
      ?.filter(({ Source }) => Source === "cdi")
      .map(({ ID }) => String(ID))
      .filter(isNvidiaGpu),
  };
}

export function parseToolkit(output: ToolkitOutput, engine: EngineInfo | undefined): ToolkitFacts {
  // What the engine itself knows is what it can hand over.
  const known = engine?.cdiDevices ?? [];
  const cdiDevices = known.length > 0 ? known : output.devices.filter(isNvidiaGpu);
  const folders = engine?.cdiFolders.map(withoutLink) ?? [];
  const readable = output.specs.filter(
    (file) => folders.length === 0 || folders.some((folder) => file.startsWith(`${folder}/`)),
  );
  return {
    version:
      output.version.map((line) => /version v?(\d+\.[\w.+~-]+)/.exec(line)?.[1]).find(Boolean) ??
      null,
    runtime: engine?.runtimes.includes("nvidia") ?? false,
    cdiSpec: known.length > 0 || readable.length > 0,
    engineReadsCdi: folders.length > 0,
    cdiDevices,
  };
}

/** /var/run is a link to /run, and the engine may name either. */
function withoutLink(folder: string): string {
  return folder.replace(/\/+$/, "").replace(/^\/run\//, "/var/run/");
}

function isNvidiaGpu(name: string): boolean {
  return /^nvidia\.com\/gpu=\S+$/.test(name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
