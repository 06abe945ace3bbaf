import { type Command, Option } from "commander";
import { readLock } from "../../host/checkout";
import { OperationError } from "../../plan/errors";
import { findProjectRoot } from "../artifacts/projectRoot";
import { EXIT } from "../exitCodes";
import { ARCHITECTURES, ownArchitecture } from "../images/architecture";
import { describeLock, lockImages } from "../images/lockImages";
import { chooseDeclaredStack } from "../stackSelection";
import { stackOption } from "./options";

export function registerImagesLockCommand(images: Command, finish: (code: number) => void): void {
  images
    .command("lock")
    .description("ask the registries for the digests of all images and write images.lock.yaml")
    .addOption(stackOption("only the images of this stack; default: all there are"))
    .addOption(
      new Option("--architecture <name>", "what the images must be there for")
        .choices(ARCHITECTURES)
        .default(ownArchitecture(), "this machine's"),
    )
    .action(async ({ stack, architecture }: { stack?: string; architecture: string }) => {
      const root = findProjectRoot();
      const only = stack === undefined ? {} : { stack: chooseDeclaredStack(root, stack) };
      const before = readLock(root);
      const result = await lockImages(root, { ...only, architecture });
      process.stdout.write(describeLock(before, result));
      if (result.problems.length > 0) throw new OperationError(result.problems);
      finish(EXIT.done);
    });
}
