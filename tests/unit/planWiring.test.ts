import { describe, expect, test } from "vitest";
import { expectedAnswers } from "../../plan/expectedAnswers";
import type { StackPlan } from "../../plan/plan";
import { problemsOf } from "../support/plan/problems";
import { planMinimal, planStandard } from "../support/plan/stack";

/** The environment of a service, by variable; a secret's is its name in brackets. */
function environmentOf(plan: StackPlan, name = "openwebui"): Record<string, string> {
  const container = plan.services.find((service) => service.name === name)?.container;
  const plain = (container?.envs ?? []).map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const secret = (container?.secretEnvs ?? []).map((one) => [one.variable, `[${one.secret}]`]);
  return Object.fromEntries([...plain, ...secret]);
}

const HOST = { address: "gpu1.lan", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };

describe("Open WebUI beside Ollama and LocalAI", () => {
  const environment = environmentOf(planStandard());

  test("reaches both by the names of their containers", () => {
    expect(environment).toMatchObject({
      ENABLE_OLLAMA_API: "True",
      OLLAMA_BASE_URL: "http://aistack-ollama:11434",
      OLLAMA_BASE_URLS: "http://aistack-ollama:11434",
      ENABLE_OPENAI_API: "True",
      OPENAI_API_BASE_URLS: "http://aistack-localai:8080/v1",
      OPENAI_API_KEYS: "[localai-api-key]",
      RAG_EMBEDDING_ENGINE: "ollama",
      RAG_OLLAMA_BASE_URL: "http://aistack-ollama:11434",
    });
  });

  test("declares what its database would otherwise decide, and keeps to itself", () => {
    expect(environment).toMatchObject({
      ENABLE_PERSISTENT_CONFIG: "False",
      ENABLE_SIGNUP: "False",
      WEBUI_AUTH: "True",
      ANONYMIZED_TELEMETRY: "false",
      DO_NOT_TRACK: "true",
      SCARF_NO_ANALYTICS: "true",
      ENABLE_VERSION_UPDATE_CHECK: "False",
      OFFLINE_MODE: "true",
      HF_HUB_OFFLINE: "1",
    });
  });

  test("has an account from its first start on, and its secrets by name alone", () => {
    expect(environment).toMatchObject({
      WEBUI_ADMIN_EMAIL: "admin@aistack.local",
      WEBUI_ADMIN_NAME: "Admin",
      WEBUI_ADMIN_PASSWORD: "[webui-admin-password]",
      WEBUI_SECRET_KEY: "[webui-secret-key]",
    });
  });

  test("takes requests of its own pages alone", () => {
    expect(environment).toMatchObject({
      CORS_ALLOW_ORIGIN: "http://127.0.0.1:3000;http://localhost:3000",
      WEBUI_URL: "http://127.0.0.1:3000",
    });
  });
});

describe("derived from the plan", () => {
  test("a name prefix", () => {
    expect(environmentOf(planStandard({ namePrefix: "lab" }))).toMatchObject({
      OLLAMA_BASE_URL: "http://lab-ollama:11434",
      OPENAI_API_BASE_URLS: "http://lab-localai:8080/v1",
    });
  });

  test("a published port leaves the addresses between containers alone", () => {
    const ports = { ollama: 12000, openwebui: 13000, localai: 14000 };
    expect(environmentOf(planStandard({ ports }))).toMatchObject({
      OLLAMA_BASE_URL: "http://aistack-ollama:11434",
      OPENAI_API_BASE_URLS: "http://aistack-localai:8080/v1",
      WEBUI_URL: "http://127.0.0.1:13000",
      CORS_ALLOW_ORIGIN: "http://127.0.0.1:13000;http://localhost:13000",
    });
  });

  test("further addresses: the first is its own name for itself", () => {
    const webui = { urls: ["https://ai.example.org", "http://10.0.0.5:3000"] };
    expect(environmentOf(planStandard({ webui }))).toMatchObject({
      CORS_ALLOW_ORIGIN:
        "http://127.0.0.1:3000;http://localhost:3000;https://ai.example.org;http://10.0.0.5:3000",
      WEBUI_URL: "https://ai.example.org",
    });
  });

  test.each([
    [
      "a port that the scheme implies is left out, as browsers do",
      { ports: { openwebui: 80 } },
      "http://127.0.0.1;http://localhost",
      "http://127.0.0.1",
    ],
    [
      "the same of further addresses, and capital letters are small",
      { webui: { urls: ["https://AI.Example.org:443", "HTTP://ai.example.org:80"] } },
      "http://127.0.0.1:3000;http://localhost:3000;https://ai.example.org;http://ai.example.org",
      "https://ai.example.org",
    ],
    [
      "an address that is told twice stands there once",
      { webui: { urls: ["http://LOCALHOST:3000"] } },
      "http://127.0.0.1:3000;http://localhost:3000",
      "http://localhost:3000",
    ],
    [
      "an IPv6 address of the host stands in brackets",
      { host: { ...HOST, address: "FD00::1" }, bindAddress: "0.0.0.0" },
      "http://127.0.0.1:3000;http://localhost:3000;http://[fd00::1]:3000",
      "http://[fd00::1]:3000",
    ],
    [
      "a name that is none in a URL is left out",
      { host: { ...HOST, address: "gpu.1" }, bindAddress: "0.0.0.0" },
      "http://127.0.0.1:3000;http://localhost:3000",
      "http://127.0.0.1:3000",
    ],
  ])("origins: %s", (_what, config, origins, own) => {
    expect(environmentOf(planStandard(config))).toMatchObject({
      CORS_ALLOW_ORIGIN: origins,
      WEBUI_URL: own,
    });
  });

  test("a host over SSH that publishes to its network", () => {
    const host = HOST;
    const open = planStandard({ host, bindAddress: "0.0.0.0" });
    expect(environmentOf(open).CORS_ALLOW_ORIGIN).toBe(
      "http://127.0.0.1:3000;http://localhost:3000;http://gpu1.lan:3000",
    );
    expect(environmentOf(planStandard({ host })).CORS_ALLOW_ORIGIN).toBe(
      "http://127.0.0.1:3000;http://localhost:3000",
    );
  });

  test("the account of the settings", () => {
    const webui = { adminEmail: "me@example.org", adminName: "Me" };
    expect(environmentOf(planStandard({ webui }))).toMatchObject({
      WEBUI_ADMIN_EMAIL: "me@example.org",
      WEBUI_ADMIN_NAME: "Me",
    });
  });
});

describe("published on every address", () => {
  const open = { bindAddress: "0.0.0.0" };

  test("without those that browsers use, a warning says where its pages work", () => {
    expect(planStandard({ ...open, ports: { openwebui: 80 } }).warnings).toEqual([
      "Open WebUI is published on every address of the host (aistack:bindAddress 0.0.0.0), but its pages work at " +
        "http://127.0.0.1 and http://localhost alone. Add the addresses that browsers use to aistack:webui.urls",
    ]);
  });

  test.each([
    ["the addresses are told", { ...open, webui: { urls: ["http://gpu1.lan:3000"] } }],
    ["the host's address is known", { ...open, host: HOST }],
    ["it is published on one address", { bindAddress: "192.168.1.20" }],
    ["there is no Open WebUI", { ...open, profile: "minimal" }],
    ["nothing is said", {}],
  ])("no warning where %s", (_what, config) => {
    expect(planStandard(config).warnings).toEqual([]);
  });
});

describe("without a neighbour", () => {
  test("LocalAI: no OpenAI, which would be asked at its own address", () => {
    const environment = environmentOf(planStandard({ services: ["ollama", "openwebui"] }));
    expect(environment.ENABLE_OPENAI_API).toBe("False");
    expect(environment).not.toHaveProperty("OPENAI_API_BASE_URLS");
    expect(environment).not.toHaveProperty("OPENAI_API_KEYS");
  });

  test("Ollama: embeddings come from LocalAI, with its key", () => {
    const environment = environmentOf(planStandard({ services: ["openwebui", "localai"] }));
    expect(environment).toMatchObject({
      ENABLE_OLLAMA_API: "False",
      RAG_EMBEDDING_ENGINE: "openai",
      RAG_OPENAI_API_BASE_URL: "http://aistack-localai:8080/v1",
      RAG_OPENAI_API_KEY: "[localai-api-key]",
    });
    expect(environment).not.toHaveProperty("OLLAMA_BASE_URL");
  });

  test("both: nothing is asked, and no embedding model fetched", () => {
    expect(environmentOf(planStandard({ services: ["openwebui"] }))).toMatchObject({
      ENABLE_OLLAMA_API: "False",
      ENABLE_OPENAI_API: "False",
      RAG_EMBEDDING_ENGINE: "ollama",
    });
  });
});

test("the plan names each secret that its services need, once", () => {
  expect(planMinimal().secrets).toEqual([]);
  expect(planStandard().secrets).toEqual([
    "localai-api-key",
    "webui-admin-password",
    "webui-secret-key",
  ]);
  expect(planStandard({ services: ["ollama", "openwebui"] }).secrets).toEqual([
    "webui-admin-password",
    "webui-secret-key",
  ]);
});

test("Ollama is the same container in both profiles, so a switch leaves it running", () => {
  const [minimal] = planMinimal().services;
  const standard = planStandard().services.find(({ name }) => name === "ollama");
  expect(standard?.container).toEqual(minimal?.container);
  expect(standard?.image).toEqual(minimal?.image);
});

test("LocalAI has its key and all four volumes", () => {
  const plan = planStandard();
  expect(environmentOf(plan, "localai").LOCALAI_API_KEY).toBe("[localai-api-key]");
  const localai = plan.services.find(({ name }) => name === "localai");
  expect(localai?.container.mounts.map(({ source, target }) => `${source}:${target}`)).toEqual([
    "localai_models:/models",
    "localai_backends:/backends",
    "localai_configuration:/configuration",
    "localai_data:/data",
  ]);
  expect(localai?.readinessUrl).toBe("http://127.0.0.1:8080/readyz");
});

describe("what each service must answer", () => {
  const declared = {
    models: [{ name: "tiny" }],
    localai: { backends: ["llama-cpp"], models: [{ name: "localai@phi-4" }, { name: "mine" }] },
  };
  const atWebui = (environment: Readonly<Record<string, string>>) => {
    const plan = planStandard(declared);
    const services = plan.services.map(({ name, container }) => ({
      name,
      container: {
        name: container.name,
        envs: Object.entries(environment).map(([variable, value]) => `${variable}=${value}`),
      },
    }));
    return expectedAnswers("openwebui", { ...plan, services });
  };

  test("is what is declared to it; Open WebUI lists that of both providers", () => {
    const plan = planStandard({ ...declared, namePrefix: "lab" });
    const alone = { provider: undefined, providerModels: [] };
    expect(expectedAnswers("ollama", plan)).toEqual({ models: ["tiny:latest"], ...alone });
    expect(expectedAnswers("localai", plan)).toEqual({ models: ["phi-4", "mine"], ...alone });
    expect(expectedAnswers("openwebui", plan)).toEqual({
      models: ["tiny:latest"],
      provider: 0,
      providerModels: ["phi-4", "mine"],
    });
  });

  test("without LocalAI, Open WebUI has no provider", () => {
    const plan = planStandard({ models: [{ name: "tiny" }], services: ["ollama", "openwebui"] });
    expect(expectedAnswers("openwebui", plan)).toMatchObject({ provider: undefined });
  });

  test("LocalAI is found among the providers of a Compose file", () => {
    const urls = "https://api.example.org/v1;http://localai:8080/v1";
    const environment = { ENABLE_OPENAI_API: "true", OPENAI_API_BASE_URLS: urls };
    expect(atWebui(environment)).toMatchObject({
      provider: 1,
      providerModels: ["phi-4", "mine"],
    });
  });

  test.each([
    [{ ENABLE_OPENAI_API: "False", OPENAI_API_BASE_URLS: "http://localai:8080/v1" }],
    [{ ENABLE_OPENAI_API: "True", OPENAI_API_BASE_URLS: "https://api.example.org/v1" }],
    [{ ENABLE_OPENAI_API: "True", OPENAI_API_BASE_URLS: "no address" }],
    [{ ENABLE_OPENAI_API: "True" }],
  ])("where a Compose file leaves LocalAI out, nothing of it is asked: %o", (environment) => {
    expect(atWebui(environment)).toEqual({
      models: ["tiny:latest"],
      provider: undefined,
      providerModels: [],
    });
  });
});

test("LocalAI's models need LocalAI", () => {
  expect(problemsOf(() => planMinimal({ localai: { backends: ["llama-cpp"] } }))).toEqual([
    'aistack:localai: models or backends are declared to "localai", but that service is not selected. ' +
      'Add "localai" to aistack:services, choose profile standard-gpu, or remove aistack:localai',
  ]);
});

test("no service waits for another: all start at once", () => {
  expect(planStandard().services.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
    ["ollama", []],
    ["openwebui", []],
    ["localai", []],
  ]);
});
