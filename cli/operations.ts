import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import type { Stack } from "@pulumi/pulumi/automation/index";
import { OperationError } from "../plan/errors";
import { hasCursor, terminalColumns } from "./output";
import { countChanges, type PreviewReport, reportPreview } from "./previewReport";
import { ProgressLines } from "./progressLines";

/** How an operation's progress reaches the user. */
export interface OperationOptions {
  readonly root: string;
  readonly stack: string;
  /** the complete environment for the engine */
  readonly environment: Readonly<Record<string, string>>;
  readonly onOutput: (text: string) => void;
  readonly color: boolean;
}

/** What an operation did or would do. */
export interface OperationOutcome {
  /** number of resources that differ */
  readonly changes: number;
}

/** Prints what an operation tells; on a terminal, progress of models as a bar. */
export function printOutput(): (text: string) => void {
  const write = (text: string) => void process.stdout.write(text);
  if (!hasCursor()) return write;
  const lines = new ProgressLines(write, terminalColumns);
  return (text) => lines.take(text);
}

/** Nothing is changed. */
export async function preview(options: OperationOptions): Promise<PreviewReport> {
  return operate(options, async (stack) => {
    const events: EngineEvent[] = [];
    const onEvent = (event: EngineEvent) => void events.push(event);
    const { changeSummary } = await stack.preview({ ...reporting(options), onEvent });
    return reportPreview(options.stack, events, changeSummary);
  });
}

export async function up(options: OperationOptions): Promise<OperationOutcome> {
  return operate(options, async (stack) => {
    const { summary } = await stack.up({ ...reporting(options), showSecrets: false });
    return { changes: countChanges(summary.resourceChanges ?? {}) };
  });
}

export async function destroy(options: OperationOptions): Promise<OperationOutcome> {
  return operate(options, async (stack) => {
    const { summary } = await stack.destroy({ ...reporting(options), showSecrets: false });
    return { changes: countChanges(summary.resourceChanges ?? {}) };
  });
}

/** @throws OperationError; the engine has told by then what failed */
async function operate<Outcome>(
  options: OperationOptions,
  run: (stack: Stack) => Promise<Outcome>,
): Promise<Outcome> {
  // Loaded here and not above: it costs half a second that commands without an operation need not pay.
  const { CommandError, LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
  // The Automation API looks for the engine on this process's own PATH, not on the workspace's.
  process.env.PATH = options.environment.PATH;
  try {
    return await run(
      await LocalWorkspace.selectStack(
        { stackName: options.stack, workDir: options.root },
        { envVars: { ...options.environment } },
      ),
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const what = "the operation failed; what it had done by then is kept";
    throw new OperationError([{ what, fix: "Mend the cause above and run it again" }], {
      cause: error,
    });
  }
}

function reporting({ onOutput, color }: OperationOptions) {
  return {
    onOutput,
    onError: (text: string) => process.stderr.write(text),
    color: color ? ("always" as const) : ("never" as const),
  };
}
