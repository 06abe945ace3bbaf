import { type GpuInsideFacts, parseGpuInside } from "./gpuInside";
import { type InspectedContainer, parseContainer } from "./inspectedContainer";
import { isRecord } from "./yamlDocument";

/** What the probe (assets/shell/probe.sh) saw of a host. */
export interface HostFacts {
  readonly docker: DockerFacts;
  /** where the engine keeps its data, and how much is free there */
  readonly dataRoot: string | undefined;
  readonly freeBytes: number | undefined;
  readonly containers: readonly ContainerFacts[];
  /** id by name, of those asked-for images that the engine has */
  readonly images: ReadonlyMap<string, string>;
  /** `repository@sha256:…` of those images, by name, where they were pulled; none after loading one from a file */
  readonly imageDigests: ReadonlyMap<string, readonly string[]>;
  /** variables that those images set by themselves, by id */
  readonly imageEnvs: ReadonlyMap<string, readonly string[]>;
  /** the asked-for containers and networks, by name */
  readonly inspectedContainers: Readonly<Record<string, InspectedContainer>>;
  readonly networks: Readonly<Record<string, InspectedNetwork>>;
  /** names of those asked-for volumes that are there */
  readonly volumes: ReadonlySet<string>;
  readonly listeners: readonly ListenerFacts[];
  /** digest by model name with tag; undefined where Ollama did not answer */
  readonly models: Readonly<Record<string, string>> | undefined;
  /** what nvidia-smi says within each of the asked-for containers, by name */
  readonly gpuInside: Readonly<Record<string, GpuInsideFacts>>;
}

export type DockerFacts =
  | {
      readonly state: "running";
      readonly version: string;
      readonly apiVersion: string;
      /** as images name it: `amd64`, `arm64`; undefined where the engine does not say */
      readonly architecture?: string;
    }
  /** `unasked`: it is asked by curl, which is not there */
  | { readonly state: "absent" | "denied" | "down" | "unasked" };

export interface ContainerFacts {
  readonly name: string;
  readonly state: string;
  readonly ports: readonly {
    readonly ip: string;
    readonly port: number;
    readonly protocol: string;
  }[];
}

export interface ListenerFacts {
  readonly address: string;
  readonly port: number;
  /** unknown where the socket belongs to another user and the probe has no privileges */
  readonly process: { readonly name: string; readonly pid: number } | undefined;
}

export interface InspectedNetwork {
  readonly id: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Reads the probe's output.
 * @throws Error (a bug, with its stack) where the output is not of the probe's form
 */
export function parseHostFacts(output: string): HostFacts {
  const facts = new Map<string, string[]>();
  for (const line of output.split("\n")) {
    if (line === "") continue;
    const tab = line.indexOf("\t");
    if (tab < 0) throw new Error(`the host probe printed an unexpected line: ${line}`);
    const name = line.slice(0, tab);
    facts.set(name, [...(facts.get(name) ?? []), line.slice(tab + 1)]);
  }
  const one = (name: string) => facts.get(name)?.[0] || undefined;
  const dataRoot = parseDataRoot(one("info"));
  return {
    docker: parseDocker(one("docker")),
    dataRoot,
    freeBytes: dataRoot === undefined ? undefined : freeBytesAt(dataRoot, facts.get("disk") ?? []),
    containers: parseContainers(one("containers")),
    images: new Map(named(facts.get("image")).map(([name, image]) => [name, String(image.Id)])),
    imageDigests: new Map(
      named(facts.get("image")).map(([name, image]) => [name, image.RepoDigests ?? []]),
    ),
    imageEnvs: new Map(
      named(facts.get("image")).flatMap(([, { Id, Config }]) =>
        Config === undefined ? [] : [[String(Id), Config.Env ?? []]],
      ),
    ),
    inspectedContainers: Object.fromEntries(
      named(facts.get("container")).map(([name, container]) => [name, parseContainer(container)]),
    ),
    networks: Object.fromEntries(
      named(facts.get("network")).map(([name, network]) => [name, parseNetwork(network)]),
    ),
    volumes: new Set(named(facts.get("volume")).map(([name]) => name)),
    listeners: (facts.get("listener") ?? []).flatMap(parseListener),
    models: parseModels(one("models")),
    gpuInside: Object.fromEntries((facts.get("gpu-inside") ?? []).map(parseGpuInside)),
  };
}

function parseDocker(value: string | undefined): DockerFacts {
  if (value === "absent" || value === "denied" || value === "down" || value === "unasked")
    return { state: value };
  const version = parseJson(value);
  if (!isRecord(version)) return { state: "down" };
  return {
    state: "running",
    version: String(version.Version),
    apiVersion: String(version.ApiVersion),
    ...(typeof version.Arch === "string" ? { architecture: version.Arch } : {}),
  };
}

function parseDataRoot(value: string | undefined): string | undefined {
  const info = parseJson(value);
  return isRecord(info) && typeof info.DockerRootDir === "string" ? info.DockerRootDir : undefined;
}

/** Free space on the file system that a folder is on, from lines of `df -Pk`. */
function freeBytesAt(folder: string, lines: readonly string[]): number | undefined {
  let deepest = "";
  let free: number | undefined;
  for (const line of lines) {
    const match = /^.*\s\d+\s+\d+\s+(\d+)\s+\d+%\s(\/.*)$/.exec(line);
    const [, kibibytes, mount = ""] = match ?? [];
    const holds = mount === "/" || folder === mount || folder.startsWith(`${mount}/`);
    if (kibibytes === undefined || !holds || mount.length < deepest.length) continue;
    deepest = mount;
    free = Number(kibibytes) * 1024;
  }
  return free;
}

function parseContainers(value: string | undefined): ContainerFacts[] {
  const listed = parseJson(value);
  if (!Array.isArray(listed)) return [];
  return listed.filter(isRecord).map((container) => ({
    name: String((container.Names as string[] | undefined)?.[0] ?? "").replace(/^\//, ""),
    state: String(container.State),
    ports: ((container.Ports as Record<string, unknown>[] | undefined) ?? [])
      .filter((port) => port.PublicPort !== undefined)
      .map((port) => ({
        ip: String(port.IP),
        port: Number(port.PublicPort),
        protocol: String(port.Type),
      })),
  }));
}

/** `name<tab>JSON` for each object that the engine has. */
function named(values: readonly string[] | undefined): [name: string, value: Json][] {
  return (values ?? []).flatMap((value) => {
    const tab = value.indexOf("\t");
    const parsed = parseJson(value.slice(tab + 1));
    return isRecord(parsed) ? [[value.slice(0, tab), parsed as Json]] : [];
  });
}

// biome-ignore lint/suspicious/noExplicitAny: the engine's own answer, whose shape its API version fixes
type Json = any;

function parseNetwork({ Id, Driver, Internal, Labels }: Json): InspectedNetwork {
  return { id: Id, driver: Driver, internal: Internal ?? false, labels: Labels ?? {} };
}

/** `LISTEN 0 4096 127.0.0.1:11434 0.0.0.0:* users:(("ollama",pid=1,fd=3))` */
function parseListener(line: string): ListenerFacts[] {
  const local = line.trim().split(/\s+/)[3] ?? "";
  const colon = local.lastIndexOf(":");
  const port = Number(local.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port)) return [];
  const address = local
    .slice(0, colon)
    .replace(/%.*$/, "")
    .replace(/^\[(.*)\]$/, "$1");
  const owner = /users:\(\("([^"]+)",pid=(\d+)/.exec(line);
  return [
    {
      address,
      port,
      process: owner === null ? undefined : { name: owner[1] ?? "", pid: Number(owner[2]) },
    },
  ];
}

function parseModels(value: string | undefined): Record<string, string> | undefined {
  const tags = parseJson(value);
  if (!isRecord(tags)) return undefined;
  const models = Array.isArray(tags.models) ? tags.models.filter(isRecord) : [];
  return Object.fromEntries(models.map((model) => [String(model.name), String(model.digest)]));
}

function parseJson(value: string | undefined): unknown {
  if (value === undefined) return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
