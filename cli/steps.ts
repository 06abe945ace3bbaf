import { Listr } from "listr2";
import type { Progress } from "./artifacts";
import { formatBar } from "./progressBar";

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

/**
 * Runs steps one after the other, each on a line of its own with its progress below it; without a
 * terminal, as plain lines, progress in tenths.
 */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  const interactive = process.stdout.isTTY === true;
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: async (_context: unknown, task: { title: string; output: string }) => {
      const outcome = await run({
        note: (line) => {
          task.output = line;
        },
        progress: progressReporter((line) => {
          task.output = line;
        }, interactive),
      });
      if (outcome !== undefined) task.title = `${title}: ${outcome}`;
    },
  }));
  await new Listr(tasks, {
    concurrent: false,
    renderer: interactive ? "default" : "simple",
    rendererOptions: { showErrorMessage: false, collapseErrors: false },
  } as ConstructorParameters<typeof Listr>[1]).run();
}

function progressReporter(write: (line: string) => void, interactive: boolean) {
  let lastTenth = "";
  return (title: string, { done, total, text }: Progress) => {
    const share = total === 0 ? 0 : Math.min(1, done / total);
    const percent = `${Math.floor(share * 100)} %`;
    if (interactive) {
      write(formatBar(share, `${title}: ${text}`));
      return;
    }
    const tenth = `${title} ${Math.floor(share * 10)}`;
    if (tenth !== lastTenth) write(`${title}: ${percent} ${text}`);
    lastTenth = tenth;
  };
}
