import type { Command } from "commander";
import { formatBytes } from "../../plan/quantities";
import type { SavedVariants } from "../../plan/savedImages";
import { findProjectRoot } from "../artifacts/projectRoot";
import { EXIT } from "../exitCodes";
import { loadImages } from "../images/archive/loadImages";
import { saveImages } from "../images/archive/saveImages";
import { chooseDeclaredStack } from "../stackSelection";
import { runSteps } from "../steps";
import { stackOption } from "./options";

interface SaveVerbOptions {
  readonly stack?: string;
  readonly force?: boolean;
  readonly variant: readonly string[];
  readonly allVariants?: boolean;
}

function chosenVariants({ variant, allVariants }: SaveVerbOptions): SavedVariants | undefined {
  if (allVariants === true) return "all";
  return variant.length === 0 ? undefined : variant;
}

/** An operation that ends early removes what it made. */
function interruption(): AbortSignal {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  return stop.signal;
}

export function registerImageArchiveCommands(
  images: Command,
  finish: (code: number) => void,
): void {
  images
    .command("save")
    .argument("<file>", "the file to write")
    .description("write the images that a stack runs from into a file, for hosts without a network")
    .addOption(stackOption())
    .option("-f, --force", "replace a file that is there")
    .option(
      "--variant <name>",
      "for a host with this kind of GPU, such as nvidia-cuda-13, in place of the stack's own; may be repeated",
      (name: string, others: string[]) => [...others, name],
      [],
    )
    .option("--all-variants", "for a host with whichever GPU of the stack's vendor, or none")
    .action(async (file: string, options: SaveVerbOptions) => {
      const root = findProjectRoot();
      const stack = chooseDeclaredStack(root, options.stack);
      const variants = chosenVariants(options);
      const signal = interruption();
      await runSteps([
        {
          title: `images of ${stack}`,
          run: async (report) => {
            const request = { stack, file, force: options.force === true, variants };
            const saved = await saveImages(root, request, { ...report, signal });
            const { bytes, sha256 } = saved.archive;
            return `${saved.images.length} in ${file}, ${formatBytes(bytes)}, SHA-256 of the images ${sha256}`;
          },
        },
      ]);
      finish(EXIT.done);
    });

  images
    .command("load")
    .argument("<file>", "a file that `images save` wrote")
    .description("give a host the images of a file, compared with what was saved")
    .addOption(stackOption("the stack whose host gets them; default: this machine"))
    .action(async (file: string, { stack }: { stack?: string }) => {
      const root = findProjectRoot();
      const host = stack === undefined ? {} : { stack: chooseDeclaredStack(root, stack) };
      const notes: string[] = [];
      const signal = interruption();
      await runSteps([
        {
          title: `images of ${file}`,
          run: async (report) => {
            const loaded = await loadImages(root, { ...host, file }, { ...report, signal });
            notes.push(...loaded.notes);
            return loaded.images.map(({ reference }) => reference).join(", ");
          },
        },
      ]);
      for (const line of notes) process.stdout.write(`${line}\n`);
      finish(EXIT.done);
    });
}
