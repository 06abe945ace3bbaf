import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCheckout, stackFileName } from "../host/checkout";
import { readComposeProject } from "../plan/composeFile";
import type { ComposeProject } from "../plan/composeSchema";
import { decodeStackFile } from "../plan/configKeys";
import { StackError } from "../plan/errors";
import { quote } from "../plan/quote";
import { readSettings } from "../plan/settings";
import { setServices } from "../plan/stackServices";
import { suggest } from "../plan/suggest";
import { MODEL_SERVICE } from "../plan/wiring";
import { parseYaml } from "../plan/yamlDocument";
import { confirm } from "./confirm";
import { planFromText } from "./observe";
import { print } from "./output";
import { stackExists, stackFileText } from "./stackStore";

export interface ServiceChoice {
  readonly service: string;
  readonly stack: string;
  /** whose pattern a new stack's file begins with */
  readonly profile: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/**
 * Writes into a stack's file that it has a service: beside those that an existing stack has, and for a new
 * stack alone but for what it depends on and what keeps the declared models. The file is written only once all that it says is known to be valid.
 * @returns true where the file was changed, or with `dryRun` would be
 * @throws StackError where there is no such service, or the configuration would not be valid
 */
export async function chooseService(root: string, choice: ServiceChoice): Promise<boolean> {
  const { service, stack, profile } = choice;
  const project = readComposeProject(readCheckout(root, stack).composeFiles);
  const known = Object.keys(project.services);
  if (!known.includes(service)) {
    const what = `there is no service ${quote(service)}`;
    throw new StackError([{ what, where: "aistack install", fix: suggest(service, known) }]);
  }
  const file = stackFileName(stack);
  const before = stackFileText(root, stack, profile);
  const present = stackExists(root, stack) ? servicesOf(root, file, before) : [];
  const wanted = withNeeded(project, [...present, service, ...modelKeeper(file, before)]);
  if (wanted.every((name) => present.includes(name))) return false;

  const after = setServices(before, wanted);
  servicesOf(root, file, after);
  const list = `aistack:services: [${wanted.join(", ")}]`;
  if (choice.dryRun) {
    print(`Would write to ${file}: ${list}`);
    return true;
  }
  if (!choice.yes) await confirm(`Write to ${file}: ${list}?`);
  writeFileSync(join(root, file), after);
  print(`${file}: ${list}`);
  return true;
}

/** The services of a stack whose file has this text. @throws StackError where it is not valid */
function servicesOf(root: string, file: string, text: string): string[] {
  const plan = planFromText(root, file, text);
  return plan.services.map(({ name }) => name);
}

/** Declared models need the service that keeps them. */
function modelKeeper(file: string, text: string): string[] {
  const stackFile = parseYaml(file, text);
  const { models } = readSettings(decodeStackFile(stackFile.value), stackFile);
  return models.length > 0 ? [MODEL_SERVICE] : [];
}

/** In the order of the Compose files. */
function withNeeded(project: ComposeProject, names: readonly string[]): string[] {
  const wanted = new Set<string>();
  const add = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const [other, { required }] of Object.entries(project.services[name]?.depends_on ?? {}))
      if (required) add(other);
  };
  for (const name of names) add(name);
  return Object.keys(project.services).filter((name) => wanted.has(name));
}
