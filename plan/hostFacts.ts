import { isRecord } from "./yamlDocument";

/** What the probe (assets/shell/probe.sh) saw of a host. */
export interface HostFacts {
  readonly docker: DockerFacts;
  /** where the engine keeps its data, and how much is free there */
  readonly dataRoot: string | undefined;
  readonly freeBytes: number | undefined;
  readonly containers: readonly ContainerFacts[];
  /** those of the asked-for image names that the engine has */
  readonly images: ReadonlySet<string>;
  readonly listeners: readonly ListenerFacts[];
  /** digest by model name with tag; undefined where Ollama did not answer */
  readonly models: Readonly<Record<string, string>> | undefined;
}

export type DockerFacts =
  | { readonly state: "running"; readonly version: string; readonly apiVersion: string }
  | { readonly state: "absent" | "denied" | "down" };

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
  const freeKib = one("free-kib");
  return {
    docker: parseDocker(one("docker")),
    dataRoot: one("data-root"),
    freeBytes: freeKib === undefined ? undefined : Number(freeKib) * 1024,
    containers: parseContainers(one("containers")),
    images: new Set(facts.get("image") ?? []),
    listeners: (facts.get("listener") ?? []).flatMap(parseListener),
    models: parseModels(one("models")),
  };
}

function parseDocker(value: string | undefined): DockerFacts {
  if (value === "absent" || value === "denied" || value === "down") return { state: value };
  const version = parseJson(value);
  if (!isRecord(version)) return { state: "down" };
  return {
    state: "running",
    version: String(version.Version),
    apiVersion: String(version.ApiVersion),
  };
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
