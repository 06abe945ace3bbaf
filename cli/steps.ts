import { writeSync } from "node:fs";
import { Listr } from "listr2";
import type { Progress } from "./artifacts";
import { ENDING_SIGNALS } from "./heldSignals";
import { hasCursor, terminalColumns } from "./output";
import { progressReporter } from "./progressReporter";

/** How a step tells what goes on in it. */
export interface StepReport {
  readonly note: (line: string) => void;
  readonly progress: (title: string, progress: Progress) => void;
}

/** A step of a longer undertaking. */
export interface Step {
  readonly title: string;
  /** what it returns is added to its title, so that the list tells what came out */
  readonly run: (report: StepReport) => Promise<string | undefined>;
}

const SHOW_CURSOR = "\u001b[?25h";

/**
 * Runs steps one after the other, each on a line of its own with its progress below it; without a
 * terminal, as plain lines, progress in tenths. A step that listens to signals ends itself; any other ends with this
 * process.
 */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  const interactive = hasCursor();
  let failure: { readonly reason: unknown } | undefined;
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: async (_context: unknown, task: { title: string; output: string }) => {
      const note = (line: string) => {
        task.output = line;
      };
      const progress = progressReporter(note, interactive ? terminalColumns : undefined);
      try {
        const outcome = await run({ note, progress });
        if (outcome !== undefined) task.title = `${title}: ${outcome}`;
      } catch (reason) {
        failure = { reason };
        // The list only marks the step: whoever called tells the reason, with all of its lines.
        throw new Error("see below");
      }
    },
  }));
  const list = new Listr(tasks, {
    concurrent: false,
    renderer: interactive ? "default" : "simple",
    rendererOptions: { showErrorMessage: false, collapseErrors: false },
    // Its own listener would let the steps go on to their end, and then leave with a code of its own.
    registerSignalListeners: false,
  } as ConstructorParameters<typeof Listr>[1]);
  const release = interactive ? showCursorAtSignals() : () => {};
  try {
    await list.run();
  } catch (error) {
    throw failure === undefined ? error : failure.reason;
  } finally {
    release();
  }
}

/** The list hides the cursor, and a signal that ends this process would leave it so. */
function showCursorAtSignals(): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    // The list keeps back what is written to the stream.
    writeSync(process.stdout.fd, SHOW_CURSOR);
    release();
    // Others that listen end the process once they have cleaned up.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const release = () => {
    for (const name of ENDING_SIGNALS) process.off(name, onSignal);
  };
  for (const name of ENDING_SIGNALS) process.on(name, onSignal);
  return release;
}
