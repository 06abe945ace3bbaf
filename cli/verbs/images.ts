import type { Command } from "commander";
import { builtImageNames } from "../../host/builtImages";
import { StackError } from "../../plan/errors";
import { suggest } from "../../plan/suggest";
import { findProjectRoot } from "../artifacts/projectRoot";
import { EXIT } from "../exitCodes";
import { buildImage } from "../images/buildImage";
import { formatImages, listImages } from "../images/listImages";
import { chooseDeclaredStack } from "../stackSelection";
import { runSteps } from "../steps";
import { registerImageArchiveCommands } from "./imagesArchive";
import { registerImagesLockCommand } from "./imagesLock";
import { jsonOption, stackOption } from "./options";

export function registerImagesCommand(program: Command, finish: (code: number) => void): void {
  const images = program
    .command("images")
    .description("the images that services run from")
    .usage("<verb> [options]")
    .helpCommand(false);
  images
    .command("build")
    .argument("<service>", "the service whose image is built from package registries")
    .description("build a service's image where no container registry answers")
    .action(async (service: string) => {
      const root = findProjectRoot();
      const known = Object.keys(builtImageNames(root));
      if (!known.includes(service)) {
        const what = `there is no recipe for an image of "${service}"`;
        throw new StackError([{ what, where: "images build", fix: suggest(service, known) }]);
      }
      await runSteps([
        { title: `image of ${service}`, run: (report) => buildImage(root, service, report) },
      ]);
      finish(EXIT.done);
    });

  images
    .command("list")
    .description("each service's image: its digest, whether the host has it, and where it is from")
    .addOption(stackOption())
    .addOption(jsonOption())
    .action(async (options: { stack?: string; json?: boolean }) => {
      const root = findProjectRoot();
      const stack = chooseDeclaredStack(root, options.stack);
      const listed = await listImages(root, stack);
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ stack, images: listed }, null, 2)}\n`
          : formatImages(listed),
      );
      finish(EXIT.done);
    });
  registerImagesLockCommand(images, finish);
  registerImageArchiveCommands(images, finish);
}
