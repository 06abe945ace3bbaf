import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readComposeProject } from "../../plan/composeFile";
import { composeProjectSchema } from "../../plan/composeSchema";
import { StackError } from "../../plan/errors";
import { parseYaml } from "../../plan/yamlDocument";
import { composeConfig, composeTool } from "../support/plan/composeTool";

const ROOT = resolve(import.meta.dirname, "../..");
const FIXTURES = join(ROOT, "tests", "fixtures", "compose");

let tool: string;
let scratch: string;

// The first run on a machine builds the tool: 2½ minutes on two free cores.
beforeAll(async () => {
  tool = await composeTool();
  scratch = mkdtempSync(join(tmpdir(), "aistack-compose-"));
}, 1_200_000);

afterAll(() => {
  if (scratch !== undefined) rmSync(scratch, { recursive: true });
});

function ours(files: readonly string[]): Record<string, unknown> {
  return readComposeProject(
    files.map((file) => ({ file: basename(file), text: readFileSync(file, "utf8") })),
  );
}

async function theirs(files: readonly string[]): Promise<Record<string, unknown>> {
  const { project, stderr } = await composeConfig(tool, files);
  if (project === undefined) throw new Error(`docker-compose refuses the files: ${stderr}`);
  return project;
}

/**
 * The form both are compared in. What Compose leaves out of its JSON and aistack keeps is left out
 * of both: our x-aistack and everyone's top-level x- keys, networks and volumes that no service
 * uses, and `false` or nothing in the places named here. Everything else must be equal.
 */
function comparable(project: Record<string, unknown>): unknown {
  const services = Object.values(project.services as Record<string, Record<string, unknown>>);
  const networks = services.flatMap((service) => Object.keys(service.networks ?? {}));
  const volumes = services.flatMap((service) =>
    ((service.volumes ?? []) as { source: string }[]).map(({ source }) => source),
  );
  const only = (key: string, used: readonly string[]) => {
    const kept = Object.entries((project[key] ?? {}) as Record<string, unknown>);
    return Object.fromEntries(kept.filter(([name]) => used.includes(name)));
  };
  const others = Object.entries(project).filter(([key]) => !key.startsWith("x-"));
  return {
    ...Object.fromEntries(others),
    networks: withoutNothing(only("networks", networks)),
    volumes: only("volumes", volumes),
    services: withoutNothing(project.services),
  };
}

function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, inner]) =>
      inner !== undefined &&
      key !== "x-aistack" &&
      !(inner === false && ["read_only", "internal"].includes(key)) &&
      !(isEmpty(inner) && ["options", "environment", "volumes", "depends_on"].includes(key)),
  );
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNothing(inner)]));
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function write(name: string, text: string): string {
  const file = join(scratch, name);
  writeFileSync(file, text);
  return file;
}

test("the Compose files of the checkout merge to what docker compose makes of them", async () => {
  const folder = join(ROOT, "compose");
  const others = readdirSync(folder).filter((name) => name !== "common.yaml");
  const files = ["common.yaml", ...others.sort()].map((name) => join(folder, name));
  // Without the allowance for what Compose leaves out: these files write nothing that is left out.
  const project = structuredClone(ours(files)) as { services: Record<string, unknown> };
  for (const service of Object.values(project.services))
    delete (service as Record<string, unknown>)["x-aistack"];
  expect(project).toEqual(await theirs(files));
});

const fixtures = readdirSync(FIXTURES)
  .filter((name) => name.endsWith(".first.yaml"))
  .map((name) => name.replace(".first.yaml", ""));

describe("fixture", () => {
  test.each(fixtures)("%s merges as docker compose merges it", async (name) => {
    const files = ["first", "second"].map((part) => join(FIXTURES, `${name}.${part}.yaml`));
    expect(comparable(ours(files))).toEqual(comparable(await theirs(files)));
  });

  // Each file alone, and the two the other way round, are further cases of the same rules.
  test.each(fixtures)("%s, its first file alone", async (name) => {
    const files = [join(FIXTURES, `${name}.first.yaml`)];
    if (name === "everyKey")
      return expect(() => ours(files)).toThrow('service "two" is not declared');
    expect(comparable(ours(files))).toEqual(comparable(await theirs(files)));
  });

  test.each(fixtures)("%s, its second file first", async (name) => {
    const files = ["second", "first"].map((part) => join(FIXTURES, `${name}.${part}.yaml`));
    expect(comparable(ours(files))).toEqual(comparable(await theirs(files)));
  });

  test("the fixtures use every key that aistack accepts", () => {
    const used = new Set<string>();
    for (const name of fixtures) {
      for (const part of ["first", "second"]) {
        const file = `${name}.${part}.yaml`;
        const { value } = parseYaml(file, readFileSync(join(FIXTURES, file), "utf8"));
        for (const service of Object.values((value?.services ?? {}) as Record<string, object>))
          for (const key of Object.keys(service)) used.add(key);
      }
    }
    const accepted = Object.keys(composeProjectSchema.shape.services.valueType.shape);
    expect(accepted.filter((key) => !used.has(key))).toEqual([]);
    expect(accepted).toContain("x-aistack");
  });
});

const BASE = {
  head: "name: aistack\nnetworks: {net: {name: aistack-net}}\nvolumes: {data: {name: data}}\n",
  service: `    container_name: aistack-one
    image: one:1
    networks: [net]
    ports: ["80:80"]
    volumes: [data:/data]
    x-aistack: {readiness: /, endpoint: 80}
`,
};

const file = (lines: string) => `${BASE.head}services:\n  one:\n${BASE.service}${lines}\n`;

describe("what docker compose refuses, aistack refuses", () => {
  test.each<[string, string]>([
    ["an unknown key", file("    imagee: x")],
    ["a key twice", file("    image: two:1")],
    ["a volume that is not declared", file("").replace("[data:/data]", "[nodata:/x]")],
    ["a network that is not declared", file("").replace("networks: [net]", "networks: [nonet]")],
    ["a dependency that is not declared", file("    depends_on: [nobody]")],
    ["a dependency without its condition", file("    depends_on: {one: {required: true}}")],
    ["the same security option twice", file('    security_opt: ["a:b", "a:b"]')],
    ["a text where a list belongs", file("    cap_drop: ALL")],
    ["true and false as an option of the log", file("    logging: {options: {a: true}}")],
    ["a health test of another kind", file("    healthcheck: {test: [RUN, x]}")],
    ["no duration", file("    stop_grace_period: soon")],
    ["no size", file("    mem_limit: much")],
    ["a port of another protocol", file("    depends_on: []").replace("80:80", "80:80/xyz")],
    ["a port beyond 65535", file("").replace("80:80", "80:70000")],
    ["a service with a blank in its name", file("").replace("  one:", "  one two:")],
    ["an alias without its anchor", file("    user: *nobody")],
    ["a file that is no mapping", "- 1\n"],
    ["broken YAML", file("    user: [")],
    ["the number of a user", file("    user: 1000")],
    ["a list as the value of a variable", file("    environment: {A: [1]}")],
    ["a key that is no text", file("    environment: {? [a] : 1}")],
  ])("%s", async (_what, text) => {
    const path = write("refused.yaml", text);
    expect((await composeConfig(tool, [path])).exitCode).not.toBe(0);
    expect(() => ours([path])).toThrow(StackError);
  });

  test("the frame of these cases itself is accepted by both", async () => {
    const path = write("accepted.yaml", file("    user: root"));
    expect(comparable(ours([path]))).toEqual(comparable(await theirs([path])));
  });
});

// What YAML 1.2 and Go's reader take differently would run something else than Compose runs.
describe("a scalar that Compose reads otherwise is refused, quoted it is the same", () => {
  test.each([
    "0022",
    "1_000",
    "0b11",
    "12345678901234567890",
    "1e6",
    "+5",
    "0x1F",
    "2001-12-14",
    "1234567.5",
    "0.00001",
  ])("%s", async (scalar) => {
    const plain = write("plain.yaml", file(`    environment: {A: ${scalar}}`));
    expect(() => ours([plain])).toThrow(
      `plain.yaml:12: ${scalar} is a number or date that not every YAML reader takes for the same. Write it plainly or put it in quotes`,
    );
    const quoted = write("quoted.yaml", file(`    environment: {A: "${scalar}"}`));
    expect(comparable(ours([quoted]))).toEqual(comparable(await theirs([quoted])));
  });

  test.each([
    "0",
    "-7",
    "1",
    "999999999999999",
    "1.0",
    "1.10",
    "0.5",
    "-0.25",
    "0.0001",
    "123456.5",
    "yes",
    "no",
    "on",
    "~",
    "Null",
    "True",
    "FALSE",
    "1.2.3",
    "5m",
    "089x",
    "''",
  ])("%s is the same to both", async (scalar) => {
    const path = write("same.yaml", file(`    environment: {A: ${scalar}, B: 1}`));
    expect(comparable(ours([path]))).toEqual(comparable(await theirs([path])));
  });
});
