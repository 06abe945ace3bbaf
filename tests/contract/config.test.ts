import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import {
  CONFIG_DEFAULTS,
  CONFIG_KEYS,
  type ConfigKey,
  decodePulumiConfig,
  decodeStackFile,
  stackFileProblems,
} from "../../plan/configKeys";
import { planCheckout } from "../../plan/planCheckout";
import { GPU_MODES, GPU_VENDORS, IMAGE_SOURCES, PROFILES, readSettings } from "../../plan/settings";
import { isRecord, parseYaml } from "../../plan/yamlDocument";
import { ALL_COMPOSE_FILES, IMAGES, planMinimal, planStandard } from "../support/plan/stack";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

const KEYS = Object.keys(CONFIG_KEYS) as ConfigKey[];
const EMPTY = parseYaml("stacks/Pulumi.x.yaml", "");

interface Declaration {
  readonly type: string;
  readonly items?: { readonly type: string };
  readonly default: unknown;
  readonly description: string;
}

/** The `config:` block of Pulumi.yaml, without the namespace. */
function declared(): Record<string, Declaration> {
  const project = parseYaml("Pulumi.yaml", read("Pulumi.yaml"));
  expect(project.problems).toEqual([]);
  const config = isRecord(project.value?.config) ? project.value.config : {};
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.replace(/^aistack:/, ""),
      value as Declaration,
    ]),
  );
}

describe("Pulumi.yaml", () => {
  test("declares every key in our namespace, and no other", () => {
    const project = parseYaml("Pulumi.yaml", read("Pulumi.yaml")).value;
    expect(Object.keys(project?.config as object)).toEqual(KEYS.map((key) => `aistack:${key}`));
  });

  test.each(KEYS)("declares the type, the default and the meaning of %s", (key) => {
    const declaration = declared()[key];
    expect(declaration?.type).toBe(CONFIG_KEYS[key]);
    expect(declaration?.default).toEqual(CONFIG_DEFAULTS[key]);
    expect(declaration?.description).toMatch(/^[A-Z].{20,}\.$/);
  });

  test("declares of what each list is", () => {
    const items = Object.entries(declared()).flatMap(([key, { type, items }]) =>
      type === "array" ? [[key, items?.type]] : [],
    );
    expect(items).toEqual([
      ["services", "string"],
      ["gpuDevices", "string"],
      ["models", "object"],
    ]);
  });

  test("the defaults, as Pulumi hands them over, are what the program takes without any", () => {
    const handed = Object.fromEntries(
      Object.entries(declared()).map(([key, { type, default: value }]) => [
        `aistack:${key}`,
        type === "string" ? String(value) : JSON.stringify(value),
      ]),
    );
    expect(readSettings(decodePulumiConfig(handed), EMPTY)).toEqual(readSettings({}, EMPTY));
  });
});

describe("the stack files that ship", () => {
  const files = readdirSync(join(ROOT, "stacks")).filter((name) => name.endsWith(".yaml"));

  test("there is one for each profile", () => {
    expect(files).toEqual(
      expect.arrayContaining(PROFILES.map((profile) => `Pulumi.${profile}.yaml`)),
    );
  });

  test.each(PROFILES)("that of profile %s is accepted", (profile) => {
    const file = `stacks/Pulumi.${profile}.yaml`;
    const stackFile = parseYaml(file, read(file));
    const sources = { composeFiles: ALL_COMPOSE_FILES, stackFile, images: IMAGES };
    expect(planCheckout(sources, decodeStackFile(stackFile.value)).profile).toBe(profile);
  });
});

describe("docs/configuration.md", () => {
  const page = read("docs/configuration.md");
  const rows = [
    ...page.matchAll(/^\| \[`aistack:(\w+)`\]\(#(\w+)\) \| (\w+) \| `(.+?)` \| (.+) \|$/gm),
  ];
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.split("\n", 1)[0] ?? "", section]),
  );

  test("has a row for every key, with its type and default", () => {
    expect(
      rows.map(([, key, anchor, type, value]) => ({
        key,
        anchor,
        type,
        value: JSON.parse(value ?? ""),
      })),
    ).toEqual(
      KEYS.map((key) => ({
        key,
        anchor: key.toLowerCase(),
        type: CONFIG_KEYS[key],
        value: CONFIG_DEFAULTS[key],
      })),
    );
  });

  test("has a section for every key, in the table's order", () => {
    expect([...sections.keys()]).toEqual(KEYS);
  });

  test.each(KEYS)("has an example of %s that is accepted and sets it", (key) => {
    const examples = [...(sections.get(key) ?? "").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
    expect(examples).toHaveLength(1);
    const document = parseYaml("example.yaml", examples[0]?.[1] ?? "");
    expect(document.problems).toEqual([]);
    expect(stackFileProblems(document)).toEqual([]);
    const config = decodeStackFile(document.value);
    expect(Object.keys(config)).toContain(key);
    const settings = readSettings(config, document);
    // Its services are those that there are.
    planStandard(config);
    if (key !== "profile") expect(settings[key]).not.toEqual(readSettings({}, EMPTY)[key]);
  });

  test("names every accepted word", () => {
    for (const source of IMAGE_SOURCES)
      expect(sections.get("images")).toMatch(new RegExp(`^\\| \`${source}\``, "m"));
    for (const vendor of GPU_VENDORS) expect(sections.get("gpu")).toContain(`\`${vendor}\``);
    for (const mode of GPU_MODES) expect(sections.get("gpuMode")).toContain(`\`${mode}\``);
    for (const profile of PROFILES) expect(sections.get("profile")).toContain(`\`${profile}\``);
  });

  test("tells the Compose files' values where a key stands in for them", () => {
    const [service] = planMinimal().services;
    expect(sections.get("ports")).toContain(`(Ollama: ${service?.container.ports[0]?.external})`);
    expect(sections.get("limits")).toContain(
      `(Ollama: ${(service?.container.memory ?? 0) / 1024}g, every CPU)`,
    );
    expect(service?.container.cpus).toBeUndefined();
    const { "max-size": size, "max-file": count } = service?.container.logOpts ?? {};
    expect(sections.get("logging")).toContain(`(Ollama: ${size}, ${count})`);
  });

  test("shows messages as they are", () => {
    const text =
      "config:\n  # a comment\n  aistack:ports: {ollama: 70000}\n\n  aistack:modles: []\n";
    const document = parseYaml("stacks/Pulumi.minimal.yaml", text);
    let message = "";
    try {
      readSettings(decodeStackFile(document.value), document);
    } catch (error) {
      message = (error as Error).message;
    }
    const shown = /^```text\n([\s\S]*?)\n```$/m.exec(page)?.[1]?.split("\n") ?? [];
    expect(shown).toHaveLength(2);
    expect(message.split("\n")).toEqual(
      shown.map((line) => (line.endsWith("…") ? expect.stringContaining(line.slice(0, -1)) : line)),
    );
  });
});
