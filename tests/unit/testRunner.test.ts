// scripts/test.mjs as a whole, in a checkout whose vitest, linters and preparation are stand-ins.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const LAYERS = ["unit", "graph", "golden", "contract", "e2e"];

type Status = "passed" | "failed" | "skipped" | "todo";

let root: string;
let bin: string;

beforeEach(() => {
  prepared = true;
  root = mkdtempSync(join(tmpdir(), "aistack-runner-"));
  bin = join(root, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(root, "scripts", "host"), { recursive: true });
  mkdirSync(join(root, "reports"));
  cpSync(join(ROOT, "scripts/test"), join(root, "scripts/test"), { recursive: true });
  cpSync(join(ROOT, "scripts/test.mjs"), join(root, "scripts/test.mjs"));
  symlinkSync(join(ROOT, "node_modules/yaml"), join(root, "node_modules/yaml"));
  symlinkSync(process.execPath, join(bin, "node"));
  writeFileSync(join(root, "scripts/tools.mjs"), 'console.log("/made/" + process.argv[2]);\n');
  script(join(root, "scripts/host/prepare.sh"), `echo "$*" >>"${root}/prepared"`);
  writeFileSync(
    join(root, "scripts/build.mjs"),
    `import { appendFileSync } from "node:fs"; appendFileSync("${root}/prepared", "bundles\\n");\n`,
  );
  for (const name of ["biome", "tsc", "shellcheck", "docker"]) script(join(bin, name), "exit 0");
  // Answers with the report that stands ready for the project, and ends with its exit code.
  script(
    join(bin, "vitest"),
    `env >"${root}/environment.$3"
    [ ! -e "${root}/reports/$3.json" ] || cp "${root}/reports/$3.json" "\${6#--outputFile.json=}"
    exit "$(cat "${root}/reports/$3.code" 2>/dev/null || echo 0)"`,
  );
  for (const layer of LAYERS) report(layer, { [`${layer} works`]: "passed" });
});
afterEach(() => rmSync(root, { recursive: true }));

function script(file: string, body: string): void {
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}

/** What vitest will tell of a layer. */
function report(layer: string, tests: Record<string, Status>, code = 0): void {
  mkdirSync(join(root, "tests", layer), { recursive: true });
  writeFileSync(join(root, "tests", layer, "some.test.ts"), "");
  const assertionResults = Object.entries(tests).map(([fullName, status]) => ({
    fullName,
    status,
  }));
  const file = { name: `tests/${layer}/some.test.ts`, status: "passed", assertionResults };
  writeFileSync(join(root, "reports", `${layer}.json`), JSON.stringify({ testResults: [file] }));
  writeFileSync(join(root, "reports", `${layer}.code`), String(code));
}

let prepared = true;

async function runTests(...args: string[]) {
  const { exitCode, all } = await execa("node", [join(root, "scripts/test.mjs"), ...args], {
    env: { PATH: `${bin}:/usr/bin:/bin`, ...(prepared ? { AISTACK_PREPARED: "1" } : {}) },
    extendEnv: false,
    timeout: 20_000,
    all: true,
    reject: false,
  });
  const lines = all.split("\n");
  return { code: exitCode, output: all, last: lines.at(-1) };
}

/** The layers' rows without their times. */
function rows(output: string): string[] {
  const from = output.split("\n");
  return from
    .slice(from.findIndex((line) => /^layer +passed +failed +skipped +time$/.test(line)) + 1)
    .filter((line) => / s$/.test(line))
    .map((line) => line.replace(/ +\S+ s$/, "").replace(/ +/g, " "));
}

describe("a whole run", () => {
  test("all layers in order, a table, and the counts alone on the last line", async () => {
    const { code, output, last } = await runTests();
    expect(rows(output)).toEqual([
      "lint 5 0 0",
      "types 1 0 0",
      "unit 1 0 0",
      "graph 1 0 0",
      "golden 1 0 0",
      "contract 1 0 0",
      "e2e 1 0 0",
    ]);
    expect(last).toBe("11 passed, 0 failed, 0 skipped");
    expect(code).toBe(0);
  });

  test("each thing that layers need is prepared once, and tests find it by variables", async () => {
    await runTests();
    expect(readFileSync(join(root, "prepared"), "utf8")).toBe("lint\ndocker\ntests\nbundles\n");
    const environment = readFileSync(join(root, "environment.contract"), "utf8");
    expect(environment).toContain("AISTACK_COMMAND_PLUGIN=/made/command-plugin\n");
    expect(environment).toContain("AISTACK_DOCKER_PLUGIN=/made/docker-plugin\n");
  });

  test("started by a Node of the host's, it prepares the project's first, once", async () => {
    prepared = false;
    script(
      join(root, "scripts/host/prepare.sh"),
      `echo "$*" >>"${root}/prepared"; [ "$1" != node ] || { shift 2; exec "$@"; }`,
    );
    const { code, last } = await runTests("--layer", "unit");
    const again = join(root, "scripts/test.mjs");
    expect(readFileSync(join(root, "prepared"), "utf8")).toBe(
      `node -- node ${again} --layer unit\n`,
    );
    expect(last).toBe("1 passed, 0 failed, 0 skipped");
    expect(code).toBe(0);
  });

  test("a failed test is named, and fails the run", async () => {
    report("graph", { "a good one": "passed", "a bad one": "failed" }, 1);
    const { code, output, last } = await runTests();
    expect(output).toContain("Failed:\n  a bad one\n");
    expect(rows(output)).toContain("graph 1 1 0");
    expect(last).toBe("11 passed, 1 failed, 0 skipped");
    expect(code).toBe(1);
  });

  test("a linter that complains is one failed test", async () => {
    script(join(bin, "biome"), "exit 1");
    const { code, output, last } = await runTests("--layer", "lint");
    expect(output).toContain("Failed:\n  lint: biome\n");
    expect(last).toBe("4 passed, 1 failed, 0 skipped");
    expect(code).toBe(1);
  });

  test("--layer runs one, and needs not what the others need", async () => {
    const { code, output, last } = await runTests("--layer", "unit");
    expect(rows(output)).toEqual(["unit 1 0 0"]);
    expect(last).toBe("1 passed, 0 failed, 0 skipped");
    expect(() => readFileSync(join(root, "prepared"))).toThrow();
    expect(code).toBe(0);
  });

  test("an unknown layer is wrong usage", async () => {
    const { code, output } = await runTests("--layer", "untit");
    expect(output).toBe(
      'There is no layer "untit". Accepted: lint, types, unit, graph, golden, contract, e2e',
    );
    expect(code).toBe(2);
  });
});

describe("what a report does not tell", () => {
  test("vitest that crashes is a failed test", async () => {
    rmSync(join(root, "reports/golden.json"));
    writeFileSync(join(root, "reports/golden.code"), "139");
    const { code, output, last } = await runTests();
    expect(output).toContain("Failed:\n  golden: vitest ended with exit code 139\n");
    expect(last).toBe("10 passed, 1 failed, 0 skipped");
    expect(code).toBe(1);
  });

  test("an error outside of any test is a failed test", async () => {
    report("unit", { "a good one": "passed" }, 1);
    const { output, last } = await runTests("--layer", "unit");
    expect(output).toContain("Failed:\n  unit: vitest ended with exit code 1\n");
    expect(last).toBe("1 passed, 1 failed, 0 skipped");
  });

  test("a file that cannot be loaded is a failed test", async () => {
    const broken = { name: "tests/unit/some.test.ts", status: "failed", assertionResults: [] };
    writeFileSync(join(root, "reports/unit.json"), JSON.stringify({ testResults: [broken] }));
    writeFileSync(join(root, "reports/unit.code"), "1");
    const { output, last } = await runTests("--layer", "unit");
    expect(output).toContain("Failed:\n  tests/unit/some.test.ts: could be run\n");
    expect(last).toBe("0 passed, 1 failed, 0 skipped");
  });

  test("a layer that cannot be prepared is a failed test, and the others run", async () => {
    script(join(root, "scripts/host/prepare.sh"), '[ "$1" != docker ]');
    const { code, output, last } = await runTests();
    expect(rows(output).slice(-4)).toEqual([
      "graph 1 0 0",
      "golden 0 1 0",
      "contract 0 1 0",
      "e2e 0 1 0",
    ]);
    expect(output).toContain("  e2e: could be run\n");
    expect(last).toBe("8 passed, 3 failed, 0 skipped");
    expect(code).toBe(1);
  });
});

describe("skips", () => {
  const allow = (...tests: string[]) =>
    writeFileSync(
      join(root, "tests/skips.yaml"),
      JSON.stringify(tests.map((name) => ({ test: name, reason: "no GPU here" }))),
    );

  test.each<Status>(["skipped", "todo"])(
    "a test that is %s without an entry fails the run",
    async (status) => {
      report("unit", { "a good one": "passed", "on a GPU": status });
      const { code, output, last } = await runTests("--layer", "unit");
      expect(output).toContain(
        "Skipped without an entry in tests/skips.yaml, which fails the run:\n  on a GPU\n",
      );
      expect(last).toBe("1 passed, 0 failed, 1 skipped");
      expect(code).toBe(1);
    },
  );

  test("one with an entry is told with its reason", async () => {
    report("unit", { "a good one": "passed", "on a GPU": "skipped" });
    allow("on a GPU");
    const { code, output } = await runTests("--layer", "unit");
    expect(output).toContain("Skipped, as tests/skips.yaml allows:\n  on a GPU (no GPU here)\n");
    expect(code).toBe(0);
  });

  test("an entry for a test that ran is a warning of a whole run", async () => {
    allow("unit works");
    const whole = await runTests();
    expect(whole.output).toContain(
      "In tests/skips.yaml, but not skipped: take it out of the list:\n  unit works\n",
    );
    expect(whole.code).toBe(0);
    expect((await runTests("--layer", "types")).output).not.toContain("take it out");
  });

  test("a layer without tests is a skip like any other", async () => {
    rmSync(join(root, "tests/graph"), { recursive: true });
    const { code, output } = await runTests();
    expect(output).toContain("fails the run:\n  graph: has no tests yet\n");
    expect(code).toBe(1);
    allow("graph: has no tests yet");
    expect((await runTests()).code).toBe(0);
  });

  test.each(["a: 1", "- test: x", "- {test: x, reason: ''}", "- ["])(
    "%j is no list of skips",
    async (text) => {
      writeFileSync(join(root, "tests/skips.yaml"), text);
      const { code, last } = await runTests("--layer", "types");
      expect(last).toBe("0 passed, 1 failed, 0 skipped");
      expect(code).toBe(1);
    },
  );
});

describe("leftovers of killed runs", () => {
  /** What `docker` is told to remove, where `alive` are the command lines of other processes. */
  async function sweep(...alive: string[][]): Promise<string[]> {
    const proc = join(root, "proc");
    mkdirSync(proc);
    for (const [pid, cmdline] of alive.entries()) {
      mkdirSync(join(proc, String(pid + 1)));
      writeFileSync(join(proc, String(pid + 1), "cmdline"), cmdline.join("\0"));
    }
    const names = "t0a1b2c-ollama\\naistack-ollama\\nt0a1b2-short\\nxt0a1b2c-x\\nT0A1B2C-x\\n";
    script(
      join(bin, "docker"),
      `case "$*" in *--format*) printf '${names}' ;; *) echo "$*" >>"${root}/removed" ;; esac`,
    );
    const module = JSON.stringify(join(root, "scripts/test/sweep.mjs"));
    const code = `(await import(${module})).sweepLeftovers(${JSON.stringify(proc)})`;
    await execa("node", ["--input-type=module", "-e", code], {
      env: { PATH: `${bin}:/usr/bin:/bin` },
    });
    try {
      return readFileSync(join(root, "removed"), "utf8").trimEnd().split("\n");
    } catch {
      return [];
    }
  }

  test("are removed by the form of their names, and nothing else is", async () => {
    expect(await sweep(["/usr/bin/node", "/srv/app.js"])).toEqual([
      "rm --force --volumes t0a1b2c-ollama",
      "network rm t0a1b2c-ollama",
      "volume rm t0a1b2c-ollama",
    ]);
  });

  test("stay where another run is alive", async () => {
    expect(await sweep(["node", "/elsewhere/node_modules/.bin/vitest", "run"])).toEqual([]);
  });
});
