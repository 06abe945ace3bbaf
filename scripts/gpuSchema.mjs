// Writes assets/gpu/gpu_report.schema.json from plan/gpuReport.ts, which is what decides.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { importBundled } from "./bundled.mjs";

const root = resolve(import.meta.dirname, "..");
const file = join(root, "assets", "gpu", "gpu_report.schema.json");
const { gpuReportJsonSchema } = await importBundled("gpu-schema", "plan/gpuReportSchema.ts");
writeFileSync(file, JSON.stringify(gpuReportJsonSchema()));
const { status } = spawnSync("biome", ["format", "--write", file], { stdio: "inherit" });
process.exitCode = status ?? 1;
