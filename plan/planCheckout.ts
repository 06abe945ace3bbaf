import { readComposeProject, type SourceText } from "./composeFile";
import type { ComposeProject } from "./composeSchema";
import { stackFileProblems } from "./configKeys";
import { ProblemList, StackError } from "./errors";
import type { ImageNames } from "./images";
import { planStack, type StackPlan } from "./plan";
import { readSettings, type Settings } from "./settings";
import type { YamlDocument } from "./yamlDocument";

/** The texts that decide what a stack is; `host/checkout.ts` reads them. */
export interface PlanSources {
  readonly composeFiles: readonly SourceText[];
  readonly stackFile: YamlDocument;
  readonly images: ImageNames;
}

/**
 * From files and configuration to a plan.
 * @throws StackError with the problems of the Compose files and of the configuration together
 */
export function planCheckout(
  sources: PlanSources,
  config: Readonly<Record<string, unknown>>,
): StackPlan {
  const problems = new ProblemList();
  problems.addAll(sources.stackFile.problems);
  problems.addAll(stackFileProblems(sources.stackFile));
  const project = attempt(problems, (): ComposeProject => readComposeProject(sources.composeFiles));
  const settings =
    sources.stackFile.value === undefined
      ? undefined
      : attempt(problems, (): Settings => readSettings(config, sources.stackFile));
  problems.throwIfAny();
  return planStack(project as ComposeProject, settings as Settings, sources.images);
}

function attempt<Value>(problems: ProblemList, read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    problems.addAll(error.problems);
    return undefined;
  }
}
