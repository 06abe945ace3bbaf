/** A container as the engine runs it, as far as a spec can be compared with it. */
export interface InspectedContainer {
  readonly id: string;
  readonly image: string;
  readonly status: string;
  /** what the health check says: starting, healthy or unhealthy; undefined where there is none */
  readonly health: string | undefined;
  /** ISO 8601; undefined where it never ran */
  readonly startedAt: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly envs: readonly string[];
  readonly restart: string;
  /** bytes; 0 where there is no limit */
  readonly memory: number;
  readonly memorySwap: number;
  readonly nanoCpus: number;
  readonly readOnly: boolean;
  readonly init: boolean;
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly capDrop: readonly string[];
  readonly securityOpts: readonly string[];
  readonly logOpts: Readonly<Record<string, string>>;
  /** `ip:external:internal/protocol`, by internal port, protocol and external port */
  readonly ports: readonly string[];
  /** `volume:/target`, sorted */
  readonly mounts: readonly string[];
  /** durations in nanoseconds */
  readonly healthcheck:
    | { readonly tests: readonly string[]; readonly interval: number; readonly timeout: number }
    | undefined;
  readonly networkIds: Readonly<Record<string, string>>;
  readonly deviceRequests: readonly InspectedDeviceRequest[];
  readonly runtime: string;
  /** paths on the host, sorted */
  readonly devices: readonly string[];
  /** sorted */
  readonly groupAdds: readonly string[];
}

export interface InspectedDeviceRequest {
  readonly driver: string;
  /** -1: all of them */
  readonly count: number;
  /** sorted */
  readonly deviceIds: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: the engine's own answer, whose shape its API version fixes
type Json = any;

/** Reads one answer of the engine. Source: Docker Engine API 1.41 to 1.51, GET /containers/{id}/json. */
export function parseContainer({
  Id,
  Image,
  State,
  Config,
  HostConfig,
  Mounts,
  NetworkSettings,
}: Json): InspectedContainer {
  const check = Config.Healthcheck;
  return {
    id: Id,
    image: Image,
    status: State.Paused ? "paused" : State.Status,
    health: State.Health?.Status === "none" ? undefined : State.Health?.Status,
    // Go's zero time stands for "never".
    startedAt: State.StartedAt?.startsWith("0001-") ? undefined : State.StartedAt,
    labels: Config.Labels ?? {},
    envs: Config.Env ?? [],
    restart: HostConfig.RestartPolicy?.Name || "no",
    memory: HostConfig.Memory ?? 0,
    memorySwap: HostConfig.MemorySwap ?? 0,
    nanoCpus: HostConfig.NanoCpus ?? 0,
    readOnly: HostConfig.ReadonlyRootfs ?? false,
    init: HostConfig.Init ?? false,
    tmpfs: HostConfig.Tmpfs ?? {},
    capDrop: [...(HostConfig.CapDrop ?? [])].sort(),
    securityOpts: HostConfig.SecurityOpt ?? [],
    logOpts: HostConfig.LogConfig?.Config ?? {},
    ports: Object.entries((HostConfig.PortBindings ?? {}) as Record<string, Json[] | null>)
      .sort(
        ([one], [other]) =>
          Number.parseInt(one, 10) - Number.parseInt(other, 10) || one.localeCompare(other),
      )
      .flatMap(([internal, bindings]) =>
        (bindings ?? [])
          .map((bound) => `${bound.HostIp}:${bound.HostPort}:${internal}`)
          .sort((one, other) => hostPort(one) - hostPort(other)),
      ),
    mounts: ((Mounts ?? []) as Json[])
      .map((mount) => `${mount.Name ?? mount.Source}:${mount.Destination}`)
      .sort(),
    healthcheck: check && {
      tests: check.Test ?? [],
      interval: check.Interval ?? 0,
      timeout: check.Timeout ?? 0,
    },
    networkIds: Object.fromEntries(
      Object.entries((NetworkSettings?.Networks ?? {}) as Record<string, Json>).map(
        ([name, { NetworkID }]) => [name, NetworkID],
      ),
    ),
    deviceRequests: ((HostConfig.DeviceRequests ?? []) as Json[]).map((request) => ({
      driver: request.Driver ?? "",
      count: request.Count ?? 0,
      deviceIds: [...(request.DeviceIDs ?? [])].sort(),
    })),
    runtime: HostConfig.Runtime ?? "",
    devices: ((HostConfig.Devices ?? []) as Json[]).map((device) => device.PathOnHost).sort(),
    groupAdds: [...(HostConfig.GroupAdd ?? [])].sort(),
  };
}

/** The middle of `ip:external:internal/protocol`; an IPv6 address has colons of its own. */
function hostPort(bound: string): number {
  return Number(bound.split(":").at(-2));
}
