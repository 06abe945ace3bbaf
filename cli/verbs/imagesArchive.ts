import type { Command } from "commander";
import { formatBytes } from "../../plan/quantities";
import { findProjectRoot } from "../artifacts/projectRoot";
import { EXIT } from "../exitCodes";
import { loadImages } from "../images/archive/loadImages";
import { saveImages } from "../images/archive/saveImages";
import { chooseDeclaredStack } from "../stackSelection";
import { runSteps } from "../steps";
import { stackOption } from "./options";

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
    .action(async (file: string, options: { stack?: string; force?: boolean }) => {
      const root = findProjectRoot();
      const stack = chooseDeclaredStack(root, options.stack);
      const stop = new AbortController();
      const interrupt = () => stop.abort();
      process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
      await runSteps([
        {
          title: `images of ${stack}`,
          run: async ({ progress }) => {
            const request = { stack, file, force: options.force === true };
            const saved = await saveImages(root, request, { progress, signal: stop.signal });
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
      await runSteps([
        {
          title: `images of ${file}`,
          run: async (report) => {
            const loaded = await loadImages(root, { ...host, file }, report);
            notes.push(...loaded.notes);
            return loaded.images.map(({ reference }) => reference).join(", ");
          },
        },
      ]);
      for (const line of notes) process.stdout.write(`${line}\n`);
      finish(EXIT.done);
    });
}
