import { resolve } from "node:path";
import type { Command } from "commander";
import { accessHost } from "../../host/hostAccess";
import { replaceFile } from "../../host/replaceFile";
import { formatProblem, OperationError, type Problem, StackError } from "../../plan/errors";
import { missingGpu } from "../../plan/gpuExpectation";
import type { GpuFacts } from "../../plan/gpuFacts";
import { checkGpu as compareGpus, errorsOf, type GpuRequirement } from "../../plan/gpuRequirement";
import { formatGpuFacts } from "../../plan/gpuText";
import { propose } from "../../plan/proposal";
import type { Settings } from "../../plan/settings";
import { findProjectRoot } from "../artifacts/projectRoot";
import { EXIT } from "../exitCodes";
import { type DeclaredHost, readGpuFacts, readGpuInContainer } from "../gpu";
import { settingsFromCheckout } from "../observe";
import { chooseDeclaredStack } from "../stackSelection";
import { stackOption } from "./options";

export interface GpuCheckOptions {
  readonly stack?: string;
  readonly json?: boolean;
  readonly save?: string | true;
  readonly required?: boolean;
  readonly container?: string;
}

/** Where the report is kept on a host. */
const REPORT = "/var/lib/aistack/gpu_report.json";

export function registerGpuCheckCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("gpu-check")
    .description(
      "show GPUs, driver and container toolkit, and what keeps containers from them; exit code 3 where a GPU is expected and cannot be used",
    )
    .addOption(stackOption("look at this stack's host, and expect the GPU that it requires"))
    .option("--required", "expect a GPU, whatever the stack says")
    .option(
      "--container <image>",
      "look for the GPUs in a throw-away container of this image too, which asks for them as the stack's containers do",
    )
    .option("--save [path]", `write the report to a file; default: ${REPORT}`)
    .option("--json", "print the report as JSON, and nothing else")
    .action(async (options: GpuCheckOptions) => finish(await checkGpu(findProjectRoot(), options)));
}

/** @returns the exit code */
export async function checkGpu(root: string, options: GpuCheckOptions): Promise<number> {
  const settings =
    options.stack === undefined
      ? undefined
      : settingsFromCheckout(root, chooseDeclaredStack(root, options.stack));
  if (options.container !== undefined && settings?.gpu === "none") throw wantsNoGpu(options.stack);
  const target = saveTarget(options.save, settings);
  const host: DeclaredHost = {
    access: accessHost(root, options.stack ?? "", settings?.host),
    connection: settings?.host,
  };
  const facts = await readGpuFacts(root, host);
  const text = `${JSON.stringify(facts.report, null, 2)}\n`;
  process.stdout.write(options.json === true ? text : formatGpuFacts(facts));
  const told = options.json === true ? process.stderr : process.stdout;
  if (target !== undefined) {
    save(target, text);
    told.write(`report written to ${target}\n`);
  }
  const missing = expected(facts, settings, options.required === true);
  // The table has told those already.
  const untold = missing.filter((problem) => options.json || !isKnown(problem, facts));
  if (options.container !== undefined) {
    const requirement = requirementOf(settings, facts);
    const found = await readGpuInContainer(host, options.container, requirement, facts);
    if ("seen" in found) told.write(`a container sees ${found.seen.join(", ")}\n`);
    else untold.push(found.problem);
  }
  for (const problem of untold) process.stderr.write(`${formatProblem(problem)}\n`);
  return missing.length + untold.length === 0 ? EXIT.done : EXIT.hostNotReady;
}

function wantsNoGpu(stack = ""): StackError {
  return new StackError([
    {
      what: `stack "${stack}" uses no GPU, so none is to be found in its containers`,
      where: "--container",
      fix: "Set aistack:gpu, or leave --container out",
    },
  ]);
}

/** What a container asks for: as the stack says it, or, without one, what would be proposed for the host. */
function requirementOf(settings: Settings | undefined, facts: GpuFacts): GpuRequirement {
  const { gpu, gpuMode = "cdi" } = settings ?? propose(facts, []).settings;
  const { gpuDevices = [], gpuRequired = true, minVramMiB = 0 } = settings ?? {};
  // Where none is seen, what the container says of NVIDIA's tells why.
  return { gpu: gpu === "none" ? "nvidia" : gpu, gpuMode, gpuDevices, gpuRequired, minVramMiB };
}

function expected(facts: GpuFacts, settings: Settings | undefined, required: boolean): Problem[] {
  const vendor = settings?.gpu ?? "none";
  if (settings !== undefined && vendor !== "none" && (required || settings.gpuRequired))
    return errorsOf(compareGpus({ ...settings, gpu: vendor }, facts));
  return required ? missingGpu("any", facts) : [];
}

function isKnown(problem: Problem, facts: GpuFacts): boolean {
  return facts.problems.some((known) => known === problem);
}

function saveTarget(
  option: string | true | undefined,
  settings: Settings | undefined,
): string | undefined {
  if (option === undefined) return undefined;
  if (option !== true) return resolve(option);
  if (settings?.host === undefined) return `${settings?.hostRoot ?? ""}${REPORT}`;
  const what = `the report of ${settings.host.address} is not written to this machine's ${REPORT}`;
  throw new StackError([{ what, where: "--save", fix: "Name a file: --save PATH" }]);
}

function save(path: string, text: string): void {
  try {
    replaceFile(path, text, 0o644);
  } catch (error) {
    const what = `the report cannot be written: ${(error as Error).message}`;
    const fix = "Run it as root, or name another file: --save PATH";
    throw new OperationError([{ what, where: path, fix }], { cause: error });
  }
}
