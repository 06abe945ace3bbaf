import { type Command, Option } from "commander";
import { readLock } from "../../host/checkout";
import { OperationError } from "../../plan/errors";
import { findProjectRoot } from "../artifacts/projectRoot";
import { EXIT } from "../exitCodes";
import { ARCHITECTURES, ownArchitecture } from "../images/architecture";
import { describeLock, lockImages } from "../images/lockImages";

export function registerImagesLockCommand(images: Command, finish: (code: number) => void): void {
  images
    .command("lock")
    .description("ask the registries for the digests of all images and write images.lock.yaml")
    .option("-s, --stack <name>", "only the images of this stack; default: all there are")
    .addOption(
      new Option("--architecture <name>", "what the images must be there for")
        .choices(ARCHITECTURES)
        .default(ownArchitecture(), "this machine's"),
    )
    .action(async (options: { stack?: string; architecture: string }) => {
      const root = findProjectRoot();
      const before = readLock(root);
      const result = await lockImages(root, options);
      process.stdout.write(describeLock(before, result));
      if (result.problems.length > 0) throw new OperationError(result.problems);
      finish(EXIT.done);
    });
}
