import { describe, expect, test } from "vitest";
import { describeHiddenChanges } from "../../plan/hiddenChanges";
import { resolveStack } from "../../plan/resolve";
import { hostFacts, inspected, line } from "../support/plan/hostOutput";
import { planStandard } from "../support/plan/stack";

const SECRETS = {
  "webui-secret-key": "canary-key",
  "webui-admin-password": "canary-password",
  "localai-api-key": "canary-api",
};

const SECRET_LINES = [
  "OPENAI_API_KEYS=canary-api",
  "WEBUI_ADMIN_PASSWORD=canary-password",
  "WEBUI_SECRET_KEY=canary-key",
];

/** What the image sets by itself. */
const IMAGE = ["PATH=/usr/bin", "PORT=8080"];

const image = (name: string, Id: string) => line(`image\t${name}`, { Id, Config: { Env: IMAGE } });

interface Given {
  /** the environment of Open WebUI's container, made of the one that is declared */
  readonly before: (envs: readonly string[]) => string[];
  /** further variables of its Compose file */
  readonly declared?: readonly string[];
  readonly images?: readonly string[];
}

/** What would be told of Open WebUI. */
function told({ before, declared = [], images = [] }: Given): string[] {
  const plan = planStandard();
  const services = plan.services.map((service) =>
    service.name === "openwebui"
      ? {
          ...service,
          container: { ...service.container, envs: [...service.container.envs, ...declared] },
        }
      : service,
  );
  const spec = services.find(({ name }) => name === "openwebui")?.container;
  const seen = inspected({
    Config: {
      Env: before([...(spec?.envs ?? []), ...SECRET_LINES]),
      Labels: { "dev.aistack.spec": "another spec" },
    },
  });
  const facts = hostFacts(...images, `container\taistack-openwebui\t${JSON.stringify(seen)}`);
  const resolved = resolveStack({
    plan: { ...plan, services },
    facts,
    fileHashes: {},
    records: {},
    recordFolder: "",
    secrets: SECRETS,
    now: new Date(0),
  });
  return describeHiddenChanges(resolved, facts, SECRETS);
}

const without = (name: string) => (envs: readonly string[]) =>
  envs.filter((one) => !one.startsWith(`${name}=`));

test("a variable with another value, and one that is new", () => {
  const before = (envs: readonly string[]) =>
    without("WEBUI_URL")(envs).map((one) =>
      one.startsWith("WEBUI_NAME=") ? "WEBUI_NAME=The lab" : one,
    );
  expect(told({ before })).toEqual([
    "container aistack-openwebui: WEBUI_NAME is The lab, will be Open WebUI",
    "container aistack-openwebui: WEBUI_URL is not set, will be http://127.0.0.1:3000",
  ]);
});

test("nothing where the environment is the declared one", () => {
  expect(told({ before: (envs) => [...envs] })).toEqual([]);
});

describe("of what is secret, the name alone is told", () => {
  test.each([
    ["by its name", "SMTP_PASS=canary-new", "SMTP_PASS=canary-old", "SMTP_PASS"],
    ["by a generated value", "NOTE=it is canary-api", "NOTE=none", "NOTE"],
    ["by the value that it had", "NOTE=none", "NOTE=it is canary-api", "NOTE"],
    [
      "by a password in an address",
      "DATABASE_URL=postgres://me:canary@db/x",
      "DATABASE_URL=sqlite:///x",
      "DATABASE_URL",
    ],
  ])("%s", (_how, now, earlier, name) => {
    expect(told({ declared: [now], before: (envs) => [...without(name)(envs), earlier] })).toEqual([
      `container aistack-openwebui: ${name} changes (its values are not shown)`,
    ]);
  });

  test("a generated secret that is new, and one that is another", () => {
    const before = (envs: readonly string[]) => [
      ...without("WEBUI_SECRET_KEY")(without("OPENAI_API_KEYS")(envs)),
      "WEBUI_SECRET_KEY=canary-old",
    ];
    expect(told({ before })).toEqual([
      "container aistack-openwebui: OPENAI_API_KEYS is not set, will be (its value is not shown)",
      "container aistack-openwebui: WEBUI_SECRET_KEY changes (its values are not shown)",
    ]);
  });

  test("whatever is new, no value of a secret", () => {
    expect(told({ before: () => [] }).join("\n")).not.toContain("canary");
  });
});

describe("a variable that is declared no more", () => {
  const before = (envs: readonly string[]) => [
    ...envs,
    "PATH=/usr/bin",
    "PORT=9090",
    "OWN=mine",
    "OWN_TOKEN=canary-own",
  ];
  const gone = [
    "container aistack-openwebui: OWN is mine, will not be set",
    "container aistack-openwebui: OWN_TOKEN is set, will not be (its value is not shown)",
    "container aistack-openwebui: PORT is 9090, will be 8080",
  ];

  test("is told from what the image sets by itself", () => {
    expect(told({ before, images: [image("running:1", "sha256:aaaa")] })).toEqual(gone);
  });

  test("is told from what the image sets that it is to run, where the host was asked for no other", () => {
    const next = "ghcr.io/open-webui/open-webui:v0.12.4";
    expect(told({ before, images: [image(next, "sha256:bbbb")] })).toEqual(gone);
  });

  test("is not told where nothing is known of its image", () => {
    expect(told({ before })).toEqual([]);
  });
});
