import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readCheckout, stackFileName } from "../host/checkout";
import { replaceFile } from "../host/replaceFile";
import { decodeStackFile } from "../plan/configKeys";
import { formatProblem } from "../plan/errors";
import type { GpuFacts } from "../plan/gpuFacts";
import { applyGpu } from "../plan/gpuPlan";
import { planCheckout } from "../plan/planCheckout";
import { type Proposal, type ProposedSettings, propose } from "../plan/proposal";
import { editStackFile, printSettings } from "../plan/stackFileEdit";

export interface DetectOptions {
  /** the stack that the settings are for */
  readonly stack: string;
  readonly json?: boolean;
  /** write the settings into the stack's file */
  readonly write?: boolean;
}

/** What is printed where. */
export interface DetectOutcome {
  readonly out: string;
  /** for people, beside what is to be pasted */
  readonly notes: readonly string[];
}

/**
 * Proposes settings for the host of a stack.
 * @throws StackError with the problems of its configuration, or where it contradicts what is to be written
 */
export function detect(root: string, options: DetectOptions, facts: GpuFacts): DetectOutcome {
  const checkout = readCheckout(root, options.stack);
  const config = decodeStackFile(checkout.stackFile.value);
  const services = planCheckout(checkout, config).services.map(({ name }) => name);
  const { gpuDevices, ...others } = config;
  // What is wrong with the configuration the plan has told.
  const proposal = propose(facts, services, (gpuDevices ?? []) as readonly string[]);
  // With the proposal in place, so that a device of another vendor is told before anything is written.
  const named = options.write === true && gpuDevices !== undefined ? { gpuDevices } : {};
  const proposed = { ...others, ...named, ...gpuSettings(proposal.settings) };
  const plan = applyGpu(planCheckout(checkout, proposed), facts);
  const images = Object.fromEntries(
    plan.services.map(({ name, image }) => [name, image.registryName]),
  );

  const written = options.write === true ? write(root, options.stack, proposal.settings) : [];
  if (options.json === true) return { out: printJson(proposal, images, facts), notes: written };
  return {
    out: `# Seen: ${proposal.seen}\n${printImages(images)}${printSettings(proposal.settings)}`,
    notes: [...proposal.problems.map((problem) => `first: ${formatProblem(problem)}`), ...written],
  };
}

function gpuSettings({ gpu, gpuMode }: ProposedSettings): Record<string, unknown> {
  return { gpu, ...(gpuMode === undefined ? {} : { gpuMode }) };
}

function printImages(images: Readonly<Record<string, string>>): string {
  return Object.entries(images)
    .map(([service, image]) => `# Image of ${service}: ${image}\n`)
    .join("");
}

function printJson(
  { settings, problems }: Proposal,
  images: Readonly<Record<string, string>>,
  { report }: GpuFacts,
): string {
  return `${JSON.stringify({ settings, images, problems, report }, null, 2)}\n`;
}

function write(root: string, stack: string, settings: ProposedSettings): string[] {
  const name = stackFileName(stack);
  const file = join(root, name);
  const before = readFileSync(file, "utf8");
  const { text, kept } = editStackFile(before, settings);
  if (text !== before) replaceFile(file, text, statSync(file).mode & 0o777);
  return [
    text === before ? `${name} says this already` : `written: ${name}`,
    ...kept.map((key) => `${key} was left as it is`),
  ];
}
