import { describe, expect, test } from "vitest";
import { CONFIG_KEYS, decodeStackFile } from "../../plan/configKeys";
import { PROFILES, readSettings } from "../../plan/settings";
import { parseYaml } from "../../plan/yamlDocument";
import { problemsOf } from "../support/plan/problems";
import { settings } from "../support/plan/settings";

const SHA = "0123456789abcdef".repeat(4);

/** Reads a stack file whose third line is the given one. */
function read(line: string) {
  const document = parseYaml("stacks/Pulumi.x.yaml", `# a stack\nconfig:\n  ${line}\n`);
  expect(document.problems).toEqual([]);
  return readSettings(decodeStackFile(document.value), document);
}

test("every key has a default", () => {
  expect(settings()).toEqual({
    profile: "minimal",
    services: [],
    host: undefined,
    namePrefix: "",
    bindAddress: "127.0.0.1",
    ports: {},
    gpu: "none",
    gpuMode: "cdi",
    gpuDevices: [],
    gpuRequired: true,
    minVramMiB: 0,
    images: { source: "auto", overrides: {}, allowBelowFloor: [] },
    models: [],
    localai: { backends: [], models: [] },
    webui: { adminEmail: "admin@aistack.local", adminName: "Admin", urls: [] },
    limits: {},
    logging: {},
    protectData: false,
    agent: { enabled: false, heartbeatSeconds: 30, dockerGroup: false },
    idle: { enabled: false, afterMinutes: 30, unloadModels: true, suspend: false },
    hostRoot: "",
  });
  // This machine is what no key says.
  const named = Object.keys(CONFIG_KEYS).filter((key) => key !== "host");
  expect(Object.keys(settings()).filter((key) => key !== "host")).toEqual(named);
});

describe("accepted", () => {
  test.each<[string, string, unknown]>([
    ["profile", "aistack:profile: minimal", "minimal"],
    ["services", "aistack:services: [ollama, other]", ["ollama", "other"]],
    ["namePrefix", 'aistack:namePrefix: ""', ""],
    ["namePrefix", "aistack:namePrefix: a", "a"],
    ["namePrefix", "aistack:namePrefix: lab2", "lab2"],
    ["namePrefix", "aistack:namePrefix: abcdefghijklmnop", "abcdefghijklmnop"],
    ["bindAddress", "aistack:bindAddress: 0.0.0.0", "0.0.0.0"],
    ["bindAddress", "aistack:bindAddress: 255.255.255.255", "255.255.255.255"],
    ["bindAddress", "aistack:bindAddress: 192.168.1.99", "192.168.1.99"],
    [
      "host",
      `aistack:host: {address: gpu1.lan, hostKey: "ssh-ed25519 ${"A".repeat(68)} root@gpu1"}`,
      {
        address: "gpu1.lan",
        user: "root",
        port: 22,
        hostKey: `ssh-ed25519 ${"A".repeat(68)} root@gpu1`,
      },
    ],
    ["host", "aistack:host: {}", undefined],
    ["gpu", "aistack:gpu: amd", "amd"],
    ["gpuMode", "aistack:gpuMode: runtime", "runtime"],
    ["gpuRequired", "aistack:gpuRequired: false", false],
    ["minVramMiB", "aistack:minVramMiB: 24000", 24000],
    [
      "localai",
      "aistack:localai: {backends: [llama-cpp], models: [{name: phi-4, from: 'oci://x/y:1'}]}",
      { backends: ["llama-cpp"], models: [{ name: "phi-4", from: "oci://x/y:1" }] },
    ],
    [
      "webui",
      "aistack:webui: {adminEmail: me@example.org, urls: ['https://ai.example.org']}",
      { adminEmail: "me@example.org", adminName: "Admin", urls: ["https://ai.example.org"] },
    ],
    [
      "agent",
      "aistack:agent: {enabled: true, metrics: '127.0.0.1:9464'}",
      { enabled: true, heartbeatSeconds: 30, metrics: "127.0.0.1:9464", dockerGroup: false },
    ],
    [
      "idle",
      "aistack:idle: {enabled: true, suspend: true}",
      { enabled: true, afterMinutes: 30, unloadModels: true, suspend: true },
    ],
    ["hostRoot", "aistack:hostRoot: /tmp/x", "/tmp/x"],
    ["ports", "aistack:ports: {ollama: 1}", { ollama: 1 }],
    ["ports", "aistack:ports: {ollama: 65535}", { ollama: 65535 }],
    ["images", "aistack:images: {}", { source: "auto", overrides: {}, allowBelowFloor: [] }],
    [
      "images",
      "aistack:images: {allowBelowFloor: [ollama]}",
      { source: "auto", overrides: {}, allowBelowFloor: ["ollama"] },
    ],
    [
      "images",
      "aistack:images: {source: auto}",
      { source: "auto", overrides: {}, allowBelowFloor: [] },
    ],
    [
      "images",
      "aistack:images: {source: registry}",
      { source: "registry", overrides: {}, allowBelowFloor: [] },
    ],
    [
      "images",
      "aistack:images: {source: archive}",
      { source: "archive", overrides: {}, allowBelowFloor: [] },
    ],
    [
      "images",
      "aistack:images: {source: build}",
      { source: "build", overrides: {}, allowBelowFloor: [] },
    ],
    [
      "images",
      "aistack:images: {overrides: {ollama: 'my/ollama:1'}}",
      {
        source: "auto",
        overrides: { ollama: "my/ollama:1" },
        allowBelowFloor: [],
      },
    ],
    ["models", "aistack:models: []", []],
    [
      "models",
      "aistack:models: [{name: llama3.2:1b}, {name: tiny}]",
      [{ name: "llama3.2:1b" }, { name: "tiny" }],
    ],
    [
      "models",
      "aistack:models: [{name: hf.co/user/repo:Q4_K_M}]",
      [{ name: "hf.co/user/repo:Q4_K_M" }],
    ],
    [
      "models",
      "aistack:models: [{name: mine, from: llama3.2:1b}]",
      [{ name: "mine", from: "llama3.2:1b" }],
    ],
    [
      "models",
      `aistack:models: [{name: tiny, from: 'file:models/tiny.gguf', sha256: ${SHA}}]`,
      [{ name: "tiny", from: "file:models/tiny.gguf", sha256: SHA }],
    ],
    ["limits", "aistack:limits: {ollama: {}}", { ollama: {} }],
    [
      "limits",
      "aistack:limits: {ollama: {memory: 64m, cpus: 0.5}}",
      { ollama: { memory: "64m", cpus: 0.5 } },
    ],
    ["limits", "aistack:limits: {ollama: {memory: 16g}}", { ollama: { memory: "16g" } }],
    ["logging", "aistack:logging: {}", {}],
    ["logging", "aistack:logging: {maxSize: 10m}", { maxSize: "10m" }],
    ["logging", "aistack:logging: {maxSize: 1g, maxFile: 1}", { maxSize: "1g", maxFile: 1 }],
    ["logging", "aistack:logging: {maxFile: 100}", { maxFile: 100 }],
    ["protectData", "aistack:protectData: true", true],
    ["protectData", 'aistack:protectData: "false"', false],
  ])("%s: %s", (key, line, value) => {
    expect(read(line)).toEqual({ ...settings(), [key]: value });
  });
});

const PREFIX = "1 to 16 of a-z and 0-9, a letter first";
const PORT = "must be a whole number from 1 to 65535, not";
const MEMORY = "must be a size of at least 64m, such as 16g, not";

describe("refused, with line and path", () => {
  test.each<[string, string, string]>([
    [
      "aistack:profile: minimall",
      "profile",
      'unknown value "minimall". Did you mean "minimal"? Accepted: minimal, standard-gpu',
    ],
    ["aistack:profile: 5", "profile", "must be one of minimal, standard-gpu, not the number 5"],
    ["aistack:profile: [minimal]", "profile", "must be one of minimal, standard-gpu, not a list"],
    ["aistack:profile: ", "profile", "must be one of minimal, standard-gpu, not empty"],
    ["aistack:services: ollama", "services", 'must be a list, not "ollama"'],
    ["aistack:services: {ollama: true}", "services", "must be a list, not a mapping"],
    ["aistack:services: [5]", "services[0]", "must be a text, not the number 5"],
    ["aistack:services: [ollama, '']", "services[1]", "must not be empty"],
    ["aistack:namePrefix: Lab", "namePrefix", `must be ${PREFIX}, not "Lab"`],
    ["aistack:namePrefix: 2lab", "namePrefix", `must be ${PREFIX}, not "2lab"`],
    ["aistack:namePrefix: la-b", "namePrefix", `must be ${PREFIX}, not "la-b"`],
    [
      "aistack:namePrefix: abcdefghijklmnopq",
      "namePrefix",
      `must be ${PREFIX}, not "abcdefghijklmnopq"`,
    ],
    ["aistack:namePrefix: true", "namePrefix", "must be a text, not true"],
    ["aistack:bindAddress: localhost", "bindAddress", 'must be an IPv4 address, not "localhost"'],
    ["aistack:bindAddress: 256.0.0.1", "bindAddress", 'must be an IPv4 address, not "256.0.0.1"'],
    ["aistack:bindAddress: 1.2.3", "bindAddress", 'must be an IPv4 address, not "1.2.3"'],
    ["aistack:bindAddress: 1.2.3.4.", "bindAddress", 'must be an IPv4 address, not "1.2.3.4."'],
    ["aistack:bindAddress: 1.2.3.4.5", "bindAddress", 'must be an IPv4 address, not "1.2.3.4.5"'],
    ["aistack:bindAddress: 127.0.0.01", "bindAddress", 'must be an IPv4 address, not "127.0.0.01"'],
    ["aistack:bindAddress: '::1'", "bindAddress", 'must be an IPv4 address, not "::1"'],
    ["aistack:bindAddress: ''", "bindAddress", 'must be an IPv4 address, not ""'],
    ["aistack:ports: 1234", "ports", "must be a mapping, not the number 1234"],
    ["aistack:ports: [1234]", "ports", "must be a mapping, not a list"],
    ["aistack:ports: {ollama: 70000}", "ports.ollama", `${PORT} 70000`],
    ["aistack:ports: {ollama: 0}", "ports.ollama", `${PORT} 0`],
    ["aistack:ports: {ollama: 80.5}", "ports.ollama", `${PORT} 80.5`],
    ["aistack:ports: {ollama: '80'}", "ports.ollama", 'must be a whole number, not "80"'],
    ["aistack:ports: {ollama: }", "ports.ollama", "must be a whole number, not empty"],
    ["aistack:images: registry", "images", 'must be a mapping, not "registry"'],
    [
      "aistack:images: {source: registri}",
      "images.source",
      'unknown value "registri". Did you mean "registry"? Accepted: auto, registry, archive, build',
    ],
    [
      "aistack:images: {sources: build}",
      "images.sources",
      'unknown key "sources". Did you mean "source"? Accepted: source, overrides, allowBelowFloor',
    ],
    ["aistack:images: {overrides: [a]}", "images.overrides", "must be a mapping, not a list"],
    [
      "aistack:images: {overrides: {ollama: 'my/ollama:latest'}}",
      "images.overrides.ollama",
      'the tag "latest" moves. Name a version',
    ],
    [
      "aistack:images: {overrides: {ollama: 5}}",
      "images.overrides.ollama",
      "must be a text, not the number 5",
    ],
    ["aistack:models: tiny", "models", 'must be a list, not "tiny"'],
    ["aistack:models: [5]", "models[0]", "must be a mapping, not the number 5"],
    // Pulumi.yaml declares a list of objects, and Pulumi holds every item to it.
    ["aistack:models: [tiny]", "models[0]", 'must be a mapping, not "tiny"'],
    ["aistack:services: '[\"ollama\"]'", "services", 'must be a list, not "[\\"ollama\\"]"'],
    ["aistack:models: [{}]", "models[0].name", "is missing; it must be a text"],
    [
      "aistack:models: [{name: a b}]",
      "models[0].name",
      '"a b" is not a model name such as llama3.2:1b',
    ],
    [
      "aistack:models: [{name: a}, {name: b, form: x}]",
      "models[1].form",
      'unknown key "form". Did you mean "from"? Accepted: name, from, sha256',
    ],
    [
      "aistack:models: [{name: a, from: 'file:'}]",
      "models[0].from",
      '"file:" must be followed by the path of a GGUF file',
    ],
    [
      "aistack:models: [{name: a, from: /models/a.gguf}]",
      "models[0].from",
      '"/models/a.gguf" is neither file:PATH nor a model name such as llama3.2:1b',
    ],
    [
      "aistack:models: [{name: a, sha256: abc}]",
      "models[0].sha256",
      'must be a SHA-256 of 64 hexadecimal digits, not "abc"',
    ],
    [
      `aistack:models: [{name: a, sha256: ${SHA.toUpperCase()}}]`,
      "models[0].sha256",
      `must be a SHA-256 of 64 hexadecimal digits, not "${SHA.toUpperCase().slice(0, 57)}..."`,
    ],
    ["aistack:limits: {ollama: 16g}", "limits.ollama", 'must be a mapping, not "16g"'],
    [
      "aistack:limits: {ollama: {memory: 16}}",
      "limits.ollama.memory",
      "must be a text, not the number 16",
    ],
    ["aistack:limits: {ollama: {memory: 63m}}", "limits.ollama.memory", `${MEMORY} "63m"`],
    ["aistack:limits: {ollama: {memory: lots}}", "limits.ollama.memory", `${MEMORY} "lots"`],
    ["aistack:limits: {ollama: {cpus: 0}}", "limits.ollama.cpus", "must be more than 0"],
    [
      "aistack:limits: {ollama: {cpus: '2'}}",
      "limits.ollama.cpus",
      'must be a number of CPUs, not "2"',
    ],
    [
      "aistack:limits: {ollama: {cpu: 2}}",
      "limits.ollama.cpu",
      'unknown key "cpu". Did you mean "cpus"? Accepted: memory, cpus',
    ],
    ["aistack:logging: {maxSize: 10}", "logging.maxSize", "must be a text, not the number 10"],
    ["aistack:logging: {maxSize: 0m}", "logging.maxSize", 'must be a size such as 10m, not "0m"'],
    [
      "aistack:logging: {maxSize: 10MB}",
      "logging.maxSize",
      'must be a size such as 10m, not "10MB"',
    ],
    [
      "aistack:logging: {maxFile: 0}",
      "logging.maxFile",
      "must be a whole number from 1 to 100, not 0",
    ],
    [
      "aistack:logging: {maxFile: 101}",
      "logging.maxFile",
      "must be a whole number from 1 to 100, not 101",
    ],
    [
      "aistack:logging: {maxfile: 3}",
      "logging.maxfile",
      'unknown key "maxfile". Did you mean "maxFile"? Accepted: maxSize, maxFile',
    ],
    ["aistack:protectData: yes", "protectData", 'must be true or false, not "yes"'],
    ["aistack:protectData: 1", "protectData", "must be true or false, not the number 1"],
    [
      "aistack:host: {address: x, hostKey: nonsense}",
      "host.hostKey",
      'must be the host\'s public key, such as ssh-ed25519 AAAA… (ssh-keyscan prints it), not "nonsense"',
    ],
    [
      `aistack:host: {hostKey: "ssh-rsa ${"A".repeat(40)}", address: "-oProxyCommand=x"}`,
      "host.address",
      'must be a host name or an IP address, not "-oProxyCommand=x"',
    ],
    ["aistack:host: {address: x}", "host.hostKey", "is missing; it must be a text"],
    ...["0.0.0.0:9464", "127.0.0.1:9", "127.0.0.1:65536", "127.0.0.1:09464"].map(
      (metrics): [string, string, string] => [
        `aistack:agent: {metrics: "${metrics}"}`,
        "agent.metrics",
        `must be an address on loopback such as 127.0.0.1:9464, not "${metrics}"`,
      ],
    ),
    ["aistack:gpuDevices: [0]", "gpuDevices[0]", "must be a text, not the number 0"],
    [
      `aistack:host: {hostKey: "ssh-rsa ${"A".repeat(40)}", address: "a:b"}`,
      "host.address",
      'must be a host name or an IP address, not "a:b"',
    ],
    ...[
      "https://a.example.org/chat",
      "ftp://a",
      "https://me:pw@a",
      "https://a:99999",
      "https://a^b",
    ].map((url): [string, string, string] => [
      `aistack:webui: {urls: ["${url}"]}`,
      "webui.urls[0]",
      `must be an address such as https://ai.example.org, not "${url}"`,
    ]),
    [
      "aistack:webui: {adminEmail: nobody}",
      "webui.adminEmail",
      'must be an e-mail address, not "nobody"',
    ],
    [
      "aistack:hostRoot: tmp",
      "hostRoot",
      'must be an absolute path of letters, digits, dot, dash and underscore, not "tmp"',
    ],
    [
      "aistack:graphics: nvidia",
      "graphics",
      `unknown key "graphics". Accepted: ${Object.keys(CONFIG_KEYS).join(", ")}`,
    ],
    [
      "aistack:model: []",
      "model",
      `unknown key "model". Did you mean "models"? Accepted: ${Object.keys(CONFIG_KEYS).join(", ")}`,
    ],
    [
      "aistack:zzz: []",
      "zzz",
      `unknown key "zzz". Accepted: ${Object.keys(CONFIG_KEYS).join(", ")}`,
    ],
  ])("%s", (line, path, message) => {
    expect(problemsOf(() => read(line))).toEqual([
      `stacks/Pulumi.x.yaml:3: aistack:${path}: ${message}`,
    ]);
  });

  test("all at once, each on its line", () => {
    const text = `config:
  aistack:profile: minimol
  aistack:ports:
    ollama: 70000
    other: x
  aistack:models:
    - name: tiny
    - name: "a b"
      form: x
  aistack:portz: {}
`;
    const document = parseYaml("stacks/Pulumi.x.yaml", text);
    expect(problemsOf(() => readSettings(decodeStackFile(document.value), document))).toEqual([
      'stacks/Pulumi.x.yaml:2: aistack:profile: unknown value "minimol". Did you mean "minimal"? Accepted: minimal, standard-gpu',
      `stacks/Pulumi.x.yaml:4: aistack:ports.ollama: ${PORT} 70000`,
      'stacks/Pulumi.x.yaml:5: aistack:ports.other: must be a whole number, not "x"',
      'stacks/Pulumi.x.yaml:8: aistack:models[1].name: "a b" is not a model name such as llama3.2:1b',
      'stacks/Pulumi.x.yaml:9: aistack:models[1].form: unknown key "form". Did you mean "from"? Accepted: name, from, sha256',
      `stacks/Pulumi.x.yaml:10: aistack:portz: unknown key "portz". Did you mean "ports"? Accepted: ${Object.keys(CONFIG_KEYS).join(", ")}`,
    ]);
  });

  test.each([
    ["[{name: tiny}, {name: other}, {name: tiny}]", 2, 0, "tiny"],
    ["[{name: tiny}, {name: 'tiny:latest'}]", 1, 0, "tiny:latest"],
  ])("the same model twice: %s", (models, second, first, name) => {
    expect(problemsOf(() => read(`aistack:models: ${models}`))).toEqual([
      `stacks/Pulumi.x.yaml:3: aistack:models[${second}]: model "${name}" is declared twice. ` +
        `Remove one of aistack:models[${first}] and aistack:models[${second}]`,
    ]);
  });

  test("the same backend or model of LocalAI's twice", () => {
    const given = "{backends: [a, b, a], models: [{name: m}, {name: 'm:q4'}, {name: m}]}";
    expect(problemsOf(() => read(`aistack:localai: ${given}`))).toEqual([
      'stacks/Pulumi.x.yaml:3: aistack:localai.backends[2]: backend "a" is declared twice. ' +
        "Remove one of aistack:localai.backends[0] and aistack:localai.backends[2]",
      'stacks/Pulumi.x.yaml:3: aistack:localai.models[2]: model "m" is declared twice. ' +
        "Remove one of aistack:localai.models[0] and aistack:localai.models[2]",
    ]);
  });

  test("what comes from elsewhere than the file is placed at the file's configuration", () => {
    const document = parseYaml(
      "stacks/Pulumi.x.yaml",
      "# a stack\nconfig:\n  aistack:profile: minimal\n",
    );
    expect(problemsOf(() => readSettings({ ports: { ollama: 0 } }, document))).toEqual([
      `stacks/Pulumi.x.yaml:2: aistack:ports.ollama: ${PORT} 0`,
    ]);
  });
});

test("the profiles are those that exist", () => {
  expect(PROFILES).toEqual(["minimal", "standard-gpu"]);
});
