import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import type { Stack } from "@pulumi/pulumi/automation/index";
import { OperationError } from "../plan/errors";
import { EngineError, EngineProcess } from "./engineProcess";
import { holdSignals } from "./heldSignals";
import { hasCursor, terminalColumns } from "./output";
import { type PreviewReport, reportPreview } from "./previewReport";
import { ProgressLines } from "./progressLines";
import { releaseDeadLocks } from "./stackLocks";

/** How an operation's progress reaches the user. */
export interface OperationOptions {
  readonly root: string;
  readonly stack: string;
  /** the complete environment for the engine */
  readonly environment: Readonly<Record<string, string>>;
  readonly onOutput: (text: string) => void;
  readonly color: boolean;
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
  return operate(options, "nothing was changed", async (stack) => {
    const events: EngineEvent[] = [];
    const onEvent = (event: EngineEvent) => void events.push(event);
    const { changeSummary } = await stack.preview({ ...reporting(options), onEvent });
    return reportPreview(options.stack, events, changeSummary);
  });
}

export async function up(options: OperationOptions): Promise<void> {
  tellReleasedLocks(options);
  await operate(options, KEPT, (stack) => stack.up({ ...reporting(options), showSecrets: false }));
}

export async function destroy(options: OperationOptions): Promise<void> {
  tellReleasedLocks(options);
  await operate(options, KEPT, (stack) =>
    stack.destroy({ ...reporting(options), showSecrets: false }),
  );
}

function tellReleasedLocks({ root, stack }: OperationOptions): void {
  for (const { pid } of releaseDeadLocks(root, stack))
    process.stderr.write(`An operation of process ${pid} was killed: its lock is released.\n`);
}

const KEPT = "what was done by then is kept";

/**
 * Runs an operation to its end: a signal makes the engine finish what it has begun, and is told as an error.
 * @param left what an interruption leaves, in words for people
 * @throws OperationError; the engine has told by then what failed
 */
async function operate<Outcome>(
  options: OperationOptions,
  left: string,
  run: (stack: Stack) => Promise<Outcome>,
): Promise<Outcome> {
  const engine = new EngineProcess();
  const interrupt = () => {
    // The engine itself says so only on a terminal, which it does not have.
    if (!engine.interrupted) process.stderr.write(INTERRUPTED);
    engine.interrupt();
  };
  const interrupted = (cause?: unknown) =>
    new OperationError([{ what: `interrupted; ${left}`, fix: "Run it again to go on" }], { cause });
  return holdSignals(interrupt, async () => {
    try {
      const outcome = await run(await openWorkspace(options, engine));
      if (engine.interrupted) throw interrupted();
      return outcome;
    } catch (error) {
      if (error instanceof OperationError) throw error;
      if (engine.interrupted) throw interrupted(error);
      if (!(error instanceof EngineError)) throw error;
      const what = `the operation failed; ${left}`;
      throw new OperationError([{ what, fix: "Mend the cause above and run it again" }], {
        cause: error,
      });
    }
  });
}

const INTERRUPTED =
  "\nInterrupted: the steps that have begun are finished first. Once more breaks them off.\n";

async function openWorkspace(
  { root, stack, environment }: OperationOptions,
  engine: EngineProcess,
): Promise<Stack> {
  // Loaded here and not above: it costs half a second that commands without an operation need not pay.
  const { LocalWorkspace, PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
  // The Automation API looks for the engine on this process's own PATH, not on the workspace's.
  process.env.PATH = environment.PATH;
  const pulumiCommand = await PulumiCommand.get();
  // Its own way of running commands shares the terminal's process group; the method is left out of its type.
  const run = (
    args: readonly string[],
    folder: string,
    variables: Readonly<Record<string, string>>,
    onOutput?: (text: string) => void,
    onError?: (text: string) => void,
  ) =>
    engine.run({
      command: pulumiCommand.command,
      args: [...args, "--non-interactive"],
      folder,
      environment: { ...variables, PULUMI_AUTOMATION_API: "true" },
      onOutput,
      onError,
    });
  return LocalWorkspace.selectStack(
    { stackName: stack, workDir: root },
    { envVars: { ...environment }, pulumiCommand: Object.assign(pulumiCommand, { run }) },
  );
}

function reporting({ onOutput, color }: OperationOptions) {
  return {
    onOutput,
    onError: (text: string) => process.stderr.write(text),
    color: color ? ("always" as const) : ("never" as const),
  };
}
