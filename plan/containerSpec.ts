import type { ComposeHealthcheck, ComposeService } from "./composeSchema";
import type { DeviceRequestSpec } from "./gpuRequest";
import { physicalName } from "./naming";
import { parseBytes, parseDuration } from "./quantities";
import type { SecretVariable } from "./secrets";
import type { Settings } from "./settings";
import type { Wiring } from "./wiring";

/** A container as the Docker provider takes it, in the form that it reads back after a refresh. */
export interface ContainerSpec {
  readonly name: string;
  readonly envs: readonly string[];
  /** further variables, whose values only components get; sorted by variable; absent where there are none */
  readonly secretEnvs?: readonly SecretVariable[];
  readonly ports: readonly PortSpec[];
  readonly mounts: readonly MountSpec[];
  readonly networks: readonly { readonly name: string; readonly aliases: readonly string[] }[];
  readonly restart: string;
  readonly destroyGraceSeconds: number;
  readonly logDriver: string;
  readonly logOpts: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  readonly init: boolean;
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly securityOpts: readonly string[];
  readonly capabilities?: { readonly adds: readonly string[]; readonly drops: readonly string[] };
  readonly command?: readonly string[];
  readonly entrypoints?: readonly string[];
  readonly user?: string;
  readonly memory?: number;
  readonly memorySwap?: number;
  readonly cpus?: string;
  readonly shmSize?: number;
  readonly healthcheck?: HealthcheckSpec;
  readonly deviceRequests?: readonly DeviceRequestSpec[];
  readonly runtime?: string;
  /** device nodes of the host, or folders of them, under the same path in the container */
  readonly devices?: readonly string[];
  /** numeric ids of the process's further groups */
  readonly groupAdds?: readonly string[];
}

export interface PortSpec {
  readonly internal: number;
  readonly external: number;
  readonly ip: string;
  readonly protocol: string;
}

export interface MountSpec {
  readonly type: "volume";
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface HealthcheckSpec {
  readonly tests: readonly string[];
  readonly interval?: string;
  readonly timeout?: string;
  readonly startPeriod?: string;
  readonly retries?: number;
}

/** Docker's own default is 10 s, the provider's is none at all: an immediate SIGKILL. */
const DEFAULT_STOP_GRACE_SECONDS = 30;

const MEBIBYTE = 1024 ** 2;

/** Names that the service needs from the rest of the plan, already physical. */
export interface SpecContext {
  readonly serviceName: string;
  readonly volumeNames: Readonly<Record<string, string>>;
  readonly networkNames: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** what the service has to know of the others */
  readonly wiring: Wiring;
}

/** Translates a Compose service, under a stack's settings, into what the provider takes. */
export function toContainerSpec(service: ComposeService, context: SpecContext): ContainerSpec {
  const { settings, serviceName } = context;
  const limits = settings.limits[serviceName];
  const memory = toMebibytes(limits?.memory ?? service.mem_limit);
  const cpus = limits?.cpus ?? service.cpus;
  return {
    name: physicalName(service.container_name, settings.namePrefix),
    envs: toEnvironment(service, context.wiring),
    ...optional("secretEnvs", toSecretVariables(service, context.wiring)),
    ports: toPorts(service, settings, serviceName),
    mounts: (service.volumes ?? []).map((mount) => ({
      type: "volume",
      source: context.volumeNames[mount.source] ?? mount.source,
      target: mount.target,
      readOnly: mount.read_only ?? false,
    })),
    // The Compose name stays an alias, so that services find each other under it whatever the prefix.
    networks: Object.keys(service.networks).map((key) => ({
      name: context.networkNames[key] ?? key,
      aliases: [serviceName],
    })),
    restart: service.restart ?? "no",
    destroyGraceSeconds: toSeconds(service.stop_grace_period) ?? DEFAULT_STOP_GRACE_SECONDS,
    ...toLogging(service, settings),
    readOnly: service.read_only ?? false,
    init: service.init ?? false,
    tmpfs: Object.fromEntries((service.tmpfs ?? []).map(toTmpfs)),
    securityOpts: service.security_opt ?? [],
    ...optional("capabilities", toCapabilities(service)),
    ...optional("command", service.command?.map(unescapeDollar)),
    ...optional("entrypoints", service.entrypoint?.map(unescapeDollar)),
    ...optional("user", service.user),
    ...optional("memory", memory),
    // Without a swap limit of its own the daemon sets twice the memory and a refresh shows a difference.
    ...optional(
      "memorySwap",
      memory === undefined ? undefined : swap(service, memory, limits?.memory),
    ),
    ...optional("cpus", cpus === undefined ? undefined : String(cpus)),
    ...optional("shmSize", toMebibytes(service.shm_size)),
    ...optional("healthcheck", service.healthcheck && toHealthcheck(service.healthcheck)),
  };
}

/** What a Compose file says goes before what the plan derives: it is there to be overridden by hand. */
function toEnvironment(service: ComposeService, wiring: Wiring): string[] {
  const declared = Object.entries(service.environment ?? {}).flatMap(([name, value]) =>
    value === null ? [] : [[name, unescapeDollar(value)] as const],
  );
  return Object.entries({ ...wiring.environment, ...Object.fromEntries(declared) })
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

function toSecretVariables(service: ComposeService, wiring: Wiring): SecretVariable[] | undefined {
  const own = Object.entries(service["x-aistack"].secrets ?? {}).map(([variable, secret]) => ({
    variable,
    secret,
  }));
  const all = [...own, ...wiring.secrets]
    .filter(({ variable }) => service.environment?.[variable] === undefined)
    .sort((one, other) => (one.variable < other.variable ? -1 : 1));
  return all.length === 0 ? undefined : all;
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined) {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}

/** Compose writes a plain dollar sign as `$$`. */
function unescapeDollar(value: string): string {
  return value.replaceAll("$$", "$");
}

function swap(service: ComposeService, memory: number, override: string | undefined): number {
  return override === undefined ? (toMebibytes(service.memswap_limit) ?? memory) : memory;
}

/** The published ports, the endpoint's as the settings want it. */
export function toPorts(
  service: ComposeService,
  settings: Settings,
  serviceName: string,
): PortSpec[] {
  const endpoint = service["x-aistack"].endpoint;
  return (service.ports ?? [])
    .map((port) => ({
      internal: port.target,
      external:
        (port.target === endpoint ? settings.ports[serviceName] : undefined) ??
        Number(port.published ?? port.target),
      ip: settings.bindAddress,
      protocol: port.protocol,
    }))
    .sort(
      (one, other) =>
        one.internal - other.internal ||
        one.protocol.localeCompare(other.protocol) ||
        one.external - other.external,
    );
}

function toLogging(
  service: ComposeService,
  settings: Settings,
): Pick<ContainerSpec, "logDriver" | "logOpts"> {
  const logOpts = { ...service.logging?.options };
  if (settings.logging.maxSize !== undefined) logOpts["max-size"] = settings.logging.maxSize;
  if (settings.logging.maxFile !== undefined)
    logOpts["max-file"] = String(settings.logging.maxFile);
  return { logDriver: service.logging?.driver ?? "json-file", logOpts };
}

/** `/tmp:size=64m` → [`/tmp`, `size=64m`] */
function toTmpfs(entry: string): [string, string] {
  const [target = "", ...options] = entry.split(":");
  return [target, options.join(":")];
}

/** The daemon stores capabilities as `CAP_X`, and `ALL` alone; anything else differs after a refresh. */
function toCapabilities(service: ComposeService): ContainerSpec["capabilities"] {
  const canonical = (names: readonly string[] | undefined) =>
    (names ?? [])
      .map((name) => (name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`))
      .sort();
  const adds = canonical(service.cap_add);
  const drops = canonical(service.cap_drop);
  return adds.length + drops.length === 0 ? undefined : { adds, drops };
}

function toHealthcheck(check: ComposeHealthcheck): HealthcheckSpec {
  return {
    tests: check.test.map(unescapeDollar),
    ...optional("interval", check.interval),
    ...optional("timeout", check.timeout),
    ...optional("startPeriod", check.start_period),
    ...optional("retries", check.retries),
  };
}

function toSeconds(duration: string | undefined): number | undefined {
  const nanoseconds = duration === undefined ? undefined : parseDuration(duration);
  return nanoseconds === undefined ? undefined : Math.ceil(nanoseconds / 1e9);
}

function toMebibytes(size: string | undefined): number | undefined {
  const bytes = size === undefined ? undefined : parseBytes(size);
  return bytes === undefined ? undefined : Math.ceil(bytes / MEBIBYTE);
}
