import type { Command } from "commander";
import { accessHost } from "../../host/hostAccess";
import { findProjectRoot } from "../artifacts/projectRoot";
import { detect } from "../detect";
import { EXIT } from "../exitCodes";
import { readGpuFacts } from "../gpu";
import { planFromCheckout } from "../observe";
import { chooseDeclaredStack } from "../stackSelection";
import { stackOption } from "./options";

interface DetectVerbOptions {
  readonly stack?: string;
  readonly json?: boolean;
  readonly write?: boolean;
}

export function registerDetectCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("detect")
    .description("look at the host's GPUs and memory, and propose settings for a stack")
    .addOption(stackOption())
    .option("--json", "print the proposal as JSON")
    .option("--write", "write it into the stack's file; limits and models that are there stay")
    .action(async (options: DetectVerbOptions) => {
      const root = findProjectRoot();
      const stack = chooseDeclaredStack(root, options.stack);
      const { host: connection } = planFromCheckout(root, stack);
      const access = accessHost(root, stack, connection);
      const facts = await readGpuFacts(root, { access, connection });
      const { out, notes } = detect(root, { ...options, stack }, facts);
      process.stdout.write(out);
      for (const note of notes) process.stderr.write(`${note}\n`);
      finish(EXIT.done);
    });
}
