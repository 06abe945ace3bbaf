import { describe, expect, test } from "vitest";
import {
  CONFIG_DEFAULTS,
  CONFIG_KEYS,
  decodePulumiConfig,
  decodeStackFile,
  isUnconfigured,
  stackFileProblems,
} from "../../plan/configKeys";
import { formatProblem } from "../../plan/errors";
import { readSettings } from "../../plan/settings";
import { parseYaml } from "../../plan/yamlDocument";

describe("what Pulumi hands to a program", () => {
  test.each<[string, string, string, unknown]>([
    ["a text", "profile", "minimal", "minimal"],
    ["a text that looks like JSON", "namePrefix", "true", "true"],
    ["a text that looks like a number", "bindAddress", "5", "5"],
    ["a flag", "protectData", "true", true],
    ["a list", "services", '["ollama"]', ["ollama"]],
    ["a mapping", "ports", '{"ollama":1234}', { ollama: 1234 }],
    ["an empty structure", "models", "[]", []],
    ["what is no JSON", "services", "ollama", "ollama"],
    ["broken JSON", "ports", '{"ollama":', '{"ollama":'],
    ["null", "limits", "null", null],
    ["an unknown key", "nonsense", "[1]", "[1]"],
    ["a key that every object has", "constructor", "x", "x"],
    ["a key with a colon", "a:b", "x", "x"],
  ])("%s", (_what, key, raw, value) => {
    expect(decodePulumiConfig({ [`aistack:${key}`]: raw })).toEqual({ [key]: value });
  });

  test.each<[string, Record<string, unknown>, boolean]>([
    ["nothing", {}, true],
    ["what Pulumi fills in", CONFIG_DEFAULTS, true],
    ["a part of it, as older engines do", { profile: "minimal" }, true],
    ["one key of the user's", { ...CONFIG_DEFAULTS, host: { address: "gpu1" } }, false],
    ["an unknown key", { ...CONFIG_DEFAULTS, profil: "minimal" }, false],
  ])("tells whether anything was configured: %s", (_what, config, expected) => {
    expect(isUnconfigured(config)).toBe(expected);
  });

  test("keys of others are left out", () => {
    expect(
      decodePulumiConfig({ "docker:host": "x", aistack: "y", "aistackx:profile": "z" }),
    ).toEqual({});
  });

  test("no key reaches the prototype", () => {
    const decoded = decodePulumiConfig({ "aistack:__proto__": '{"profile":"x"}' });
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(Object.keys(decoded)).toEqual(["__proto__"]);
  });
});

describe("what a stack file says", () => {
  const decode = (text: string) => decodeStackFile(parseYaml("x.yaml", text).value);

  test("structures are YAML, a flag may be a text, as `pulumi config set` writes it", () => {
    const text = `config:
  aistack:profile: minimal
  aistack:protectData: "true"
  aistack:services: [ollama]
  aistack:ports: {ollama: 1}
`;
    expect(decode(text)).toEqual({
      profile: "minimal",
      protectData: true,
      services: ["ollama"],
      ports: { ollama: 1 },
    });
  });

  test("a structure as a text stays one, since Pulumi refuses it", () => {
    expect(decode("config: {aistack:services: '[\"ollama\"]', aistack:ports: '{}'}")).toEqual({
      services: '["ollama"]',
      ports: "{}",
    });
  });

  test.each(["", "config:", "config: {}", "config: 5", "config: [a]", "other: 1"])(
    "%j sets nothing",
    (text) => {
      expect(decode(text)).toEqual({});
    },
  );

  test("a value of another type stays what it is, for the schema to name", () => {
    expect(decode("config: {'aistack:profile': 5, 'aistack:models': , 'aistack:x': [1]}")).toEqual({
      profile: 5,
      models: null,
      x: [1],
    });
  });

  test("keys of others are left out", () => {
    expect(
      decode("config: {'docker:host': x, 'pulumi:disable-default-providers': [docker]}"),
    ).toEqual({});
  });

  test("a file that was not read sets nothing", () => {
    expect(decodeStackFile(undefined)).toEqual({});
    const polluting = JSON.parse('{"config": {"aistack:__proto__": {"profile": "x"}}}');
    expect(Object.getPrototypeOf(decodeStackFile(polluting))).toBe(Object.prototype);
  });
});

describe("keys of a stack file that nobody reads", () => {
  const told = (text: string) =>
    stackFileProblems(parseYaml("stacks/Pulumi.x.yaml", text)).map(formatProblem);
  const accepted = `Accepted: ${Object.keys(CONFIG_KEYS)
    .map((key) => `aistack:${key}`)
    .join(", ")}`;

  test.each<[string, string[]]>([
    ["", []],
    ["config:", []],
    ["config: {aistack:profile: x, aistack:nonsense: y}", []],
    ["config: {docker:host: x, pulumi:y: z, command:w: v}\nencryptionsalt: v1", []],
    ["secretsprovider: passphrase\nencryptedkey: x\nenvironment: [a]", []],
    [
      "confg: {}",
      [
        'stacks/Pulumi.x.yaml:1: unknown key "confg". Did you mean "config"? Accepted: config, encryptionsalt, encryptedkey, secretsprovider, environment',
      ],
    ],
    [
      "encryptionsalt: v1\naistack:profile: minimal",
      [
        'stacks/Pulumi.x.yaml:2: unknown key "aistack:profile". Accepted: config, encryptionsalt, encryptedkey, secretsprovider, environment',
      ],
    ],
    ["config: [a]", ["stacks/Pulumi.x.yaml:1: config: must be a mapping, not a list"]],
    ["config: minimal", ['stacks/Pulumi.x.yaml:1: config: must be a mapping, not "minimal"']],
    [
      "config:\n  profile: minimal",
      [
        `stacks/Pulumi.x.yaml:2: config: unknown key "profile". Did you mean "aistack:profile"? ${accepted}`,
      ],
    ],
    [
      "config:\n  aistack:profile: minimal\n  aistak:models: []\n  whatever: 1",
      [
        `stacks/Pulumi.x.yaml:3: config: unknown key "aistak:models". Did you mean "aistack:models"? ${accepted}`,
        `stacks/Pulumi.x.yaml:4: config: unknown key "whatever". ${accepted}`,
      ],
    ],
  ])("%j", (text, messages) => {
    expect(told(text)).toEqual(messages);
  });
});

test("the declared defaults are the schema's, and each is of its declared type", () => {
  const settings = readSettings({}, parseYaml("x.yaml", ""));
  expect(Object.keys(CONFIG_DEFAULTS)).toEqual(Object.keys(CONFIG_KEYS));
  // Structures have defaults of their own within them.
  expect(readSettings({ ...CONFIG_DEFAULTS }, parseYaml("x.yaml", ""))).toEqual(settings);
  for (const [key, type] of Object.entries(CONFIG_KEYS)) {
    const value: unknown = CONFIG_DEFAULTS[key as keyof typeof CONFIG_DEFAULTS];
    const ofValue = Array.isArray(value) ? "array" : typeof value;
    expect(ofValue === "number" && Number.isInteger(value) ? "integer" : ofValue).toBe(type);
  }
});
