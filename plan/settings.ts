import * as z from "zod";
import { CONFIG_DEFAULTS, NAMESPACE } from "./configKeys";
import { ProblemList } from "./errors";
import { imageReferenceFault } from "./imageReference";
import { modelNameFault, modelSourceFault, withTag } from "./models";
import { parseBytes } from "./quantities";
import {
  expected,
  flag,
  list,
  mapping,
  object,
  oneOf,
  pattern,
  text,
  toProblems,
  whole,
  words,
} from "./validation";
import { formatPath, type Path, type YamlDocument } from "./yamlDocument";

/** Names of the profiles; a profile is a Compose profile of compose/*.yaml. */
export const PROFILES = ["minimal"] as const;

/** Where a service's image comes from; `auto`: the registry's, unless only one built here is present. */
export const IMAGE_SOURCES = ["auto", "registry", "archive", "build"] as const;

const byFault = (fault: (value: string) => string | undefined) =>
  text().superRefine((value, context) => {
    const message = fault(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

const model = object({
  name: byFault(modelNameFault),
  from: byFault(modelSourceFault).optional(),
  sha256: pattern(/^[0-9a-f]{64}$/, "a SHA-256 of 64 hexadecimal digits").optional(),
});

const memory = text().refine((value) => (parseBytes(value) ?? 0) >= 64 * 1024 ** 2, {
  error: (issue) => expected("a size of at least 64m, such as 16g", issue.input),
});

const limits = object({
  memory: memory.optional(),
  cpus: z
    .number({ error: (issue) => expected("a number of CPUs", issue.input) })
    .positive({ error: "must be more than 0" })
    .optional(),
});

const settingsSchema = object({
  profile: oneOf(PROFILES).default(CONFIG_DEFAULTS.profile),
  /** empty: what the profile says */
  services: list(words()).default([]),
  /** empty: none */
  namePrefix: pattern(
    /^(?:[a-z][a-z0-9]{0,15})?$/,
    "1 to 16 of a-z and 0-9, a letter first",
  ).default(""),
  bindAddress: pattern(
    /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/,
    "an IPv4 address",
  ).default(CONFIG_DEFAULTS.bindAddress),
  ports: mapping(whole(1, 65535)).default({}),
  images: object({
    source: oneOf(IMAGE_SOURCES).default("auto"),
    overrides: mapping(byFault(imageReferenceFault)).default({}),
  }).prefault({}),
  models: list(model).default([]),
  limits: mapping(limits).default({}),
  logging: object({
    maxSize: pattern(/^[1-9]\d*[kmg]$/, "a size such as 10m").optional(),
    maxFile: whole(1, 100).optional(),
  }).prefault({}),
  protectData: flag().default(CONFIG_DEFAULTS.protectData),
});

/** A stack's configuration, checked and with every default filled in. */
export type Settings = z.infer<typeof settingsSchema>;

/**
 * Checks a stack's configuration.
 * @param config plain data, keyed without the `aistack:` namespace
 * @param document the stack file, for the places in messages
 * @throws StackError with every problem found
 */
export function readSettings(
  config: Readonly<Record<string, unknown>>,
  document: YamlDocument,
): Settings {
  const problems = new ProblemList();
  const parsed = settingsSchema.safeParse(config);
  if (!parsed.success) {
    problems.addAll(toProblems(parsed.error, (path) => placeInConfig(path, document)));
  } else {
    const names = new Map<string, number>();
    parsed.data.models.forEach(({ name }, index) => {
      const first = names.get(withTag(name));
      if (first === undefined) names.set(withTag(name), index);
      else {
        const place = `${NAMESPACE}:models`;
        problems.add({
          what: `model "${name}" is declared twice`,
          where: `${document.locate(["config", place, index])}: ${place}[${index}]`,
          fix: `Remove one of ${place}[${first}] and ${place}[${index}]`,
        });
      }
    });
  }
  problems.throwIfAny();
  return parsed.data as Settings;
}

/** Settings stand under `config:` with their namespace in front: `stacks/Pulumi.x.yaml:7: aistack:ports.ollama`. */
function placeInConfig(path: Path, document: YamlDocument): string {
  const [key, ...rest] = path;
  if (key === undefined) return document.locate(["config"]);
  const inFile = document.locate(["config", `${NAMESPACE}:${key}`, ...rest]);
  return `${inFile}: ${NAMESPACE}:${formatPath(path)}`;
}
