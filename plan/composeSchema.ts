/**
 * The part of the Compose specification that aistack understands, key by key. The parsed value has
 * the form that `docker compose config --format json` prints, so that a contract test can compare
 * the two. A key that is not here is an error: ignoring it would run something else than was written.
 */
import { z } from "zod";
import { imageReferenceFault } from "./imageReference";
import { formatDuration, parseBytes, parseDuration } from "./quantities";
import {
  expected,
  flag,
  list,
  mapping,
  object,
  oneOf,
  pattern,
  text,
  whole,
  words,
} from "./validation";

/** Compose reads "$" as the start of a variable; only the escaped "$$" means the same to both. */
const interpolates = (value: string) => value.replaceAll("$$", "").includes("$");
const NO_INTERPOLATION =
  'a "$" would be interpolated by Compose, which aistack does not do. Write "$$" for a plain dollar sign';

const plainText = text().refine((value) => !interpolates(value), { error: NO_INTERPOLATION });

/** Compose writes scalars of an environment as text. */
const scalarText = z
  .union([z.string(), z.number(), z.boolean(), z.null()], {
    error: (issue) => expected("a text, a number or true/false", issue.input),
  })
  .transform((value) => (value === null ? null : String(value)))
  .refine((value) => value === null || !interpolates(value), { error: NO_INTERPOLATION });

const duration = text().transform((value, context) => {
  const nanoseconds = parseDuration(value);
  if (nanoseconds !== undefined) return formatDuration(nanoseconds);
  context.addIssue({
    code: "custom",
    message: `must be a duration such as 30s or 1m30s, not "${value}"`,
  });
  return z.NEVER;
});

const byteSize = z
  .union([z.string(), z.number()], {
    error: (issue) => expected("a size such as 512m or 8g", issue.input),
  })
  .transform((value, context) => {
    const bytes = parseBytes(String(value));
    if (bytes !== undefined) return String(bytes);
    context.addIssue({
      code: "custom",
      message: `must be a size such as 512m or 8g, not "${value}"`,
    });
    return z.NEVER;
  });

const image = text().superRefine((value, context) => {
  const fault = imageReferenceFault(value);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

/** `["A=b"]` and `{A: b}` mean the same. */
const environment = z.preprocess(
  (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "string")
      ? Object.fromEntries(value.map((item) => splitOnce(item, "=")))
      : value,
  mapping(scalarText),
);

const port = z.preprocess(
  (value) =>
    typeof value === "string" || typeof value === "number" ? shortPort(String(value)) : value,
  object({
    mode: oneOf(["ingress"]).default("ingress"),
    host_ip: text().optional(),
    target: whole(1, 65535),
    published: z
      .union([z.string(), z.number()], { error: (issue) => expected("a port number", issue.input) })
      .transform(String)
      .pipe(pattern(/^\d{1,5}$/, "a single port number"))
      .refine((value) => Number(value) >= 1 && Number(value) <= 65535, {
        error: (issue) => `must be a whole number from 1 to 65535, not ${String(issue.input)}`,
      })
      .optional(),
    protocol: oneOf(["tcp", "udp"]).default("tcp"),
  }),
);

const volumeMount = z.preprocess(
  (value) => (typeof value === "string" ? shortVolume(value) : value),
  object({
    type: oneOf(["volume"]),
    source: words(),
    target: pattern(/^\/[^:]*$/, "an absolute path in the container"),
    read_only: flag().optional(),
    volume: object({}).optional(),
  }),
);

const healthcheck = object({
  test: list(plainText).refine((value) => ["CMD", "CMD-SHELL", "NONE"].includes(value[0] ?? ""), {
    error: 'must be a list that begins with "CMD", "CMD-SHELL" or "NONE"',
  }),
  timeout: duration.optional(),
  interval: duration.optional(),
  retries: whole(1, 1000).optional(),
  start_period: duration.optional(),
});

const networkNames = z.preprocess(
  (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "string")
      ? Object.fromEntries(value.map((item) => [item, null]))
      : value,
  mapping(z.null({ error: "takes no options here" })),
);

const restart = oneOf(["no", "always", "unless-stopped", "on-failure"]);

/** Facts about a service that only aistack needs; Compose leaves x- keys alone. */
const serviceExtension = object({
  /** HTTP path that answers 200 once the service serves; asked on the published endpoint port */
  readiness: pattern(/^\//, "an HTTP path"),
  /** container port of the service's HTTP endpoint */
  endpoint: whole(1, 65535),
});

const service = object({
  cap_add: list(words()).optional(),
  cap_drop: list(words()).optional(),
  command: list(plainText).nullable().default(null),
  container_name: pattern(/^aistack-[a-z0-9-]+$/, "a name that begins with aistack-"),
  cpus: z
    .number({ error: (issue) => expected("a number of CPUs", issue.input) })
    .positive({ error: "must be more than 0" })
    .optional(),
  depends_on: z
    .preprocess(
      (value) =>
        Array.isArray(value) && value.every((item) => typeof item === "string")
          ? Object.fromEntries(
              value.map((item) => [item, { condition: "service_started", required: true }]),
            )
          : value,
      mapping(
        object({
          condition: oneOf(["service_started", "service_healthy"]),
          required: flag().default(true),
        }),
      ),
    )
    .optional(),
  entrypoint: list(plainText).nullable().default(null),
  environment: environment.optional(),
  healthcheck: healthcheck.optional(),
  image,
  init: flag().optional(),
  logging: object({ driver: words(), options: mapping(scalarText).optional() }).optional(),
  mem_limit: byteSize.optional(),
  memswap_limit: byteSize.optional(),
  networks: networkNames,
  ports: list(port).optional(),
  profiles: list(words()).optional(),
  read_only: flag().optional(),
  restart: restart.optional(),
  security_opt: list(words()).optional(),
  shm_size: byteSize.optional(),
  stop_grace_period: duration.optional(),
  tmpfs: z
    .preprocess((value) => (typeof value === "string" ? [value] : value), list(words()))
    .optional(),
  user: words().optional(),
  volumes: list(volumeMount).optional(),
  "x-aistack": serviceExtension,
});

/** What one file may say of a service; only all files together must say everything. */
const partialService = service.partial({
  container_name: true,
  image: true,
  networks: true,
  "x-aistack": true,
});

const network = object({
  name: pattern(/^aistack-[a-z0-9-]+$/, "a name that begins with aistack-"),
  driver: oneOf(["bridge"]).optional(),
  internal: flag().optional(),
  ipam: object({}).default({}),
});

/** No driver options and no labels: changing them replaces the volume, and with it the data. */
const volume = object({ name: pattern(/^[a-z][a-z0-9_]*$/, "a name of a-z, 0-9 and _") });

const root = {
  name: words(),
  networks: mapping(network).default({}),
  volumes: mapping(volume).default({}),
};

/** One file. */
export const composeFileSchema = object({
  ...root,
  name: words().optional(),
  services: mapping(partialService).default({}),
});

/** All files merged. */
export const composeProjectSchema = object({ ...root, services: mapping(service) });

export type ComposeFile = z.infer<typeof composeFileSchema>;
export type ComposeProject = z.infer<typeof composeProjectSchema>;
export type ComposeService = ComposeProject["services"][string];
export type ComposeHealthcheck = NonNullable<ComposeService["healthcheck"]>;

function splitOnce(item: string, separator: string): [string, string | null] {
  const at = item.indexOf(separator);
  return at < 0 ? [item, null] : [item.slice(0, at), item.slice(at + 1)];
}

/** `[ip:][published:]target[/protocol]`; what does not fit is left for the schema to name. */
function shortPort(value: string): unknown {
  const match = /^(?:(?:(\d+\.\d+\.\d+\.\d+):)?(\d+):)?(\d+)(?:\/(tcp|udp))?$/.exec(value);
  if (match === null) return value;
  const [, hostIp, published, target, protocol] = match;
  return {
    ...(hostIp === undefined ? {} : { host_ip: hostIp }),
    target: Number(target),
    ...(published === undefined ? {} : { published }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

/** `volume:/path[:ro]`; a bind mount is left for the schema to refuse. */
function shortVolume(value: string): unknown {
  const match = /^([a-z][a-z0-9_]*):(\/[^:]*)(?::(ro|rw))?$/.exec(value);
  if (match === null) return value;
  const [, source, target, mode] = match;
  return { type: "volume", source, target, ...(mode === "ro" ? { read_only: true } : {}), volume: {} };
}
