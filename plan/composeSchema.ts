/**
 * The part of the Compose specification that aistack understands, in the form that `docker compose config --format
 * json` prints, for the contract test. A key that is not here is an error: ignoring it would run something else.
 */
import * as z from "zod";
import { image, serviceExtension } from "./composeExtension";
import { formatDuration, parseBytes, parseDuration } from "./quantities";
import { quote } from "./quote";
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

const plainWords = words().refine((value) => !interpolates(value), { error: NO_INTERPOLATION });

/** A key that Compose takes as the name of a service, network or volume, and that no object has by itself. */
const key = pattern(
  /^[a-zA-Z0-9._-]+$/,
  "a name of letters, digits, dot, dash and underscore",
).refine((value) => !(value in {}), {
  error: (issue) => `${quote(String(issue.input))} is not accepted as a name`,
});

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
    message: `must be a duration such as 30s or 1m30s, not ${quote(value)}`,
  });
  return z.NEVER;
});

/** 0 would be "no limit": leaving the key out says that better. */
const byteSize = z
  .union([z.string(), z.int()], {
    error: (issue) => expected("a size such as 512m or 8g", issue.input),
  })
  .transform((value, context) => {
    const bytes = parseBytes(String(value));
    if (bytes !== undefined && bytes > 0) return String(bytes);
    context.addIssue({
      code: "custom",
      message: `must be a size such as 512m or 8g, not ${quote(String(value))}`,
    });
    return z.NEVER;
  });

/** The same for the options of a driver, which Compose does not take true and false for. */
const optionText = z
  .union([z.string(), z.number()], {
    error: (issue) => expected("a text or a number", issue.input),
  })
  .transform(String)
  .refine((value) => !interpolates(value), { error: NO_INTERPOLATION });

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
    host_ip: plainText.optional(),
    target: whole(1, 65535),
    published: z
      .union([z.string(), z.number()], { error: (issue) => expected("a port number", issue.input) })
      .transform(String)
      .pipe(pattern(/^\d{1,5}$/, "a single port number"))
      .refine((value) => !(Number(value) < 1 || Number(value) > 65535), {
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
    source: plainWords,
    target: pattern(/^\/[^:$]*$/, "an absolute path in the container").transform(cleanPath),
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

/** What a service says of a list of its networks or dependencies, in both of Compose's spellings. */
const eachItem = (item: unknown) => (value: unknown) =>
  Array.isArray(value) && value.every((name) => typeof name === "string")
    ? Object.fromEntries(value.map((name) => [name, item]))
    : value;

const networkNames = z.preprocess(
  eachItem(null),
  mapping(z.null({ error: "takes no options here" })),
);

const dependency = {
  condition: oneOf(["service_started", "service_healthy"]),
  required: flag(),
};

const eachDependency = eachItem({ condition: "service_started", required: true });

const restart = oneOf(["no", "always", "unless-stopped", "on-failure"]);

const commandLine = list(plainText).nullable();

const containerName = pattern(/^aistack-[a-z0-9-]+$/, "a name that begins with aistack-");

const service = object({
  cap_add: list(plainWords).optional(),
  cap_drop: list(plainWords).optional(),
  command: commandLine.default(null),
  container_name: containerName,
  cpus: z
    .number({ error: (issue) => expected("a number of CPUs", issue.input) })
    .positive({ error: "must be more than 0" })
    .optional(),
  depends_on: z
    .preprocess(
      eachDependency,
      mapping(object({ ...dependency, required: flag().default(true) }), key),
    )
    .optional(),
  entrypoint: commandLine.default(null),
  environment: environment.optional(),
  healthcheck: healthcheck.optional(),
  image,
  init: flag().optional(),
  logging: object({
    driver: plainWords.optional(),
    options: mapping(optionText).optional(),
  }).optional(),
  mem_limit: byteSize.optional(),
  memswap_limit: byteSize.optional(),
  networks: networkNames.refine((value) => Object.keys(value).length > 0, {
    error: "must name at least one network",
  }),
  ports: list(port).optional(),
  profiles: list(plainWords).optional(),
  read_only: flag().optional(),
  restart: restart.optional(),
  security_opt: list(plainWords)
    .refine((value) => new Set(value).size === value.length, {
      error: "names the same option twice",
    })
    .optional(),
  shm_size: byteSize.optional(),
  stop_grace_period: duration.optional(),
  tmpfs: z
    .preprocess((value) => (typeof value === "string" ? [value] : value), list(plainWords))
    .optional(),
  user: plainWords.optional(),
  volumes: list(volumeMount).optional(),
  "x-aistack": serviceExtension,
});

/**
 * What one file may say of a service; only all files together must say everything. No defaults
 * here: a later file that is silent must not undo what an earlier one says.
 */
const partialService = object({
  ...service.shape,
  command: commandLine.optional(),
  container_name: containerName.optional(),
  depends_on: z
    .preprocess(eachDependency, mapping(object(optionalShape(dependency)), key))
    .optional(),
  entrypoint: commandLine.optional(),
  healthcheck: object(optionalShape(healthcheck.shape)).optional(),
  image: image.optional(),
  networks: networkNames.optional(),
  "x-aistack": object(optionalShape(serviceExtension.shape)).optional(),
});

const networkShape = {
  name: pattern(/^aistack-[a-z0-9-]+$/, "a name that begins with aistack-"),
  driver: oneOf(["bridge"]).optional(),
  internal: flag().optional(),
  ipam: object({}).default({}),
};

/** No driver options and no labels: changing them replaces the volume, and with it the data. */
const volumeShape = { name: pattern(/^[a-z][a-z0-9_]*$/, "a name of a-z, 0-9 and _") };

const projectName = pattern(/^[a-z0-9][a-z0-9_-]*$/, "a name of a-z, 0-9, - and _");

/** One file. */
export const composeFileSchema = object({
  name: projectName.optional(),
  networks: mapping(object({ ...networkShape, name: networkShape.name.optional() }), key).default(
    {},
  ),
  volumes: mapping(object(optionalShape(volumeShape)), key).default({}),
  services: mapping(partialService, key).default({}),
});

/** All files merged. */
export const composeProjectSchema = object({
  name: projectName,
  networks: mapping(object(networkShape), key).default({}),
  volumes: mapping(object(volumeShape), key).default({}),
  services: mapping(service, key),
});

export type ComposeFile = z.infer<typeof composeFileSchema>;
export type ComposeProject = z.infer<typeof composeProjectSchema>;
export type ComposeService = ComposeProject["services"][string];
export type ComposeHealthcheck = NonNullable<ComposeService["healthcheck"]>;

/** The same keys, none of them needed. */
function optionalShape<Shape extends z.ZodRawShape>(shape: Shape) {
  const optional = Object.entries(shape).map(([name, schema]) => [name, z.optional(schema)]);
  return Object.fromEntries(optional) as { [Key in keyof Shape]: z.ZodOptional<Shape[Key]> };
}

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
    ...(published === undefined ? {} : { published: String(Number(published)) }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

/** `volume:/path[:ro]`; a bind mount is left for the schema to refuse. */
function shortVolume(value: string): unknown {
  const match = /^([a-zA-Z0-9][a-zA-Z0-9._-]+):(\/[^:]*)(?::(ro|rw))?$/.exec(value);
  if (match === null) return value;
  const [, source, target, mode] = match;
  return {
    type: "volume",
    source,
    target,
    ...(mode === "ro" ? { read_only: true } : {}),
    volume: {},
  };
}

/** `/a/../b/` → `/b`, as Compose writes paths in a container. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
