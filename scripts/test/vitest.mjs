import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./process.mjs";

/**
 * Runs one of vitest's projects and reads what came out of it.
 * @returns {Promise<import("./layers.mjs").Test[]>}
 */
export async function runVitest(root, layer, environment, limitMinutes) {
  if (!hasTests(join(root, "tests", layer))) {
    return [{ name: `${layer}: has no tests yet`, status: "skipped" }];
  }
  const folder = mkdtempSync(join(tmpdir(), "aistack-vitest-"));
  try {
    const report = join(folder, "report.json");
    const args = ["run", "--project", layer, "--reporter=default", "--reporter=json"];
    const code = await run("vitest", [...args, `--outputFile.json=${report}`], {
      cwd: root,
      env: { ...process.env, ...environment },
      limitMinutes,
    });
    return readReport(layer, code, existsSync(report) ? readFileSync(report, "utf8") : undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function hasTests(folder) {
  return (
    existsSync(folder) &&
    readdirSync(folder, { recursive: true }).some((file) => String(file).endsWith(".test.ts"))
  );
}

/**
 * The tests in vitest's JSON report. What the report does not tell, a crash or a file that could not
 * be loaded, becomes a failed test of its own.
 * @param {string} layer @param {number} code vitest's exit code
 * @param {string | undefined} json undefined: vitest wrote none
 * @returns {import("./layers.mjs").Test[]}
 */
export function readReport(layer, code, json) {
  const files = json === undefined ? [] : JSON.parse(json).testResults;
  const tests = files.flatMap((file) => {
    const own = file.assertionResults.map(({ fullName, status }) => ({
      name: fullName.trim(),
      status: status === "passed" || status === "failed" ? status : "skipped",
    }));
    const broken = file.status === "failed" && !own.some(({ status }) => status === "failed");
    return broken ? [...own, { name: `${file.name}: could be run`, status: "failed" }] : own;
  });
  const told = tests.some(({ status }) => status === "failed");
  if ((code !== 0 && !told) || tests.length === 0) {
    tests.push({ name: `${layer}: vitest ended with exit code ${code}`, status: "failed" });
  }
  return tests;
}
