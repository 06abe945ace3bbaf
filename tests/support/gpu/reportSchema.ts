import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import type { GpuReport } from "../../../plan/gpuReport";

const FILE = join(resolve(import.meta.dirname, "../../.."), "assets/gpu/gpu_report.schema.json");

/** The GPU report's JSON schema as the repository has it. */
export const SCHEMA: object = JSON.parse(readFileSync(FILE, "utf8"));

const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(SCHEMA);

/** What speaks against a report, by another reader of the schema than our own. */
export function schemaFaults(report: GpuReport): string[] {
  validate(JSON.parse(JSON.stringify(report)));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
