import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { decodeStackFile } from "../../../plan/configKeys";
import type { ImageNames } from "../../../plan/images";
import type { StackPlan } from "../../../plan/plan";
import { type PlanSources, planCheckout } from "../../../plan/planCheckout";
import { parseYaml } from "../../../plan/yamlDocument";

const ROOT = resolve(import.meta.dirname, "../../..");

export const BUILT = "aistack.invalid/ollama:0123456789abcdef";

const read = (file: string) => ({ file, text: readFileSync(join(ROOT, file), "utf8") });

/** The Compose files of profile minimal, as they are in the checkout. */
export const COMPOSE_FILES = [read("compose/common.yaml"), read("compose/ollama.yaml")];

/** Those of profile standard-gpu. */
export const ALL_COMPOSE_FILES = [
  ...COMPOSE_FILES,
  read("compose/openwebui.yaml"),
  read("compose/localai.yaml"),
];

/** The stack file that ships. */
export const STACK_FILE = read("stacks/Pulumi.minimal.yaml");

export const IMAGES: ImageNames = { lock: {}, built: { ollama: BUILT } };

/** The plan of the Compose files of the checkout under these settings. */
export function planMinimal(config: Readonly<Record<string, unknown>> = {}): StackPlan {
  const stackFile = parseYaml("stacks/Pulumi.x.yaml", "");
  return planCheckout({ composeFiles: COMPOSE_FILES, stackFile, images: IMAGES }, config);
}

/** The same for profile standard-gpu. */
export function planStandard(config: Readonly<Record<string, unknown>> = {}): StackPlan {
  const stackFile = parseYaml("stacks/Pulumi.x.yaml", "");
  const sources = { composeFiles: ALL_COMPOSE_FILES, stackFile, images: IMAGES };
  return planCheckout(sources, { profile: "standard-gpu", ...config });
}

/** The plan of these texts, as the aistack command makes it. */
export function planTexts(texts: readonly string[], stackText: string): StackPlan {
  const composeFiles = COMPOSE_FILES.map(({ file }, index) => ({ file, text: texts[index] ?? "" }));
  const stackFile = parseYaml(STACK_FILE.file, stackText);
  const sources: PlanSources = { composeFiles, stackFile, images: IMAGES };
  return planCheckout(sources, decodeStackFile(stackFile.value));
}
