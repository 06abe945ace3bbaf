import type { Command } from "commander";
import { accessHost } from "../../host/hostAccess";
import { findProjectRoot } from "../artifacts/projectRoot";
import { detect } from "../detect";
import { EXIT } from "../exitCodes";
import { readGpuFacts } from "../gpu";
import { planFromCheckout } from "../observe";
import { chooseStack } from "../stackSelection";
import { requireStackFile } from "../stackStore";

interface DetectVerbOptions {
  readonly stack?: string;
  readonly json?: boolean;
  readonly write?: boolean;
}

export function registerDetectCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("detect")
    .description("look at the host's GPUs and memory, and propose settings for a stack")
    .option("-s, --stack <name>", "the stack; default: the selected one")
    .option("--json", "print the proposal as JSON")
    .option("--write", "write it into the stack's file; limits and models that are there stay")
    .action(async (options: DetectVerbOptions) => {
      const root = findProjectRoot();
      const stack = options.stack ?? chooseStack(root, undefined);
      requireStackFile(root, stack);
      const { host: connection } = planFromCheckout(root, stack);
      const access = accessHost(root, stack, connection);
      const facts = await readGpuFacts(root, { access, connection });
      const { out, notes } = detect(root, { ...options, stack }, facts);
      process.stdout.write(out);
      for (const note of notes) process.stderr.write(`${note}\n`);
      finish(EXIT.done);
    });
}
