import { type Command, Option } from "commander";
import { findProjectRoot } from "../artifacts";
import { EXIT } from "../exitCodes";
import { chooseStack } from "../stackSelection";
import { type ReadingOptions, stackOption } from "./options";
import { showStatus } from "./status";

/** For what is under way to end by itself. */
const GRACE_MS = 500;

export function registerUiCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("ui")
    .description("watch and control a stack on the whole terminal")
    .addOption(stackOption())
    .addOption(
      new Option("--json", "print what `aistack status --json` prints, on a terminal, too"),
    )
    .action(async (options: ReadingOptions) => {
      if (options.json === true || !hasScreen()) return finish(await showStatus(options));
      const root = findProjectRoot();
      const stack = chooseStack(root, options.stack);
      // Loaded when needed: it costs a quarter of a second, which other verbs need not pay.
      const { runTerminalUi } = await import("../ui/run");
      await runTerminalUi(root, stack);
      finish(EXIT.done);
      // All that must be finished is; what still waits for a Docker that is silent must not keep the prompt away.
      setTimeout(() => process.exit(), GRACE_MS).unref();
    });
}

/** True where keys can be read and the cursor can be moved. */
function hasScreen(): boolean {
  const { stdin, stdout } = process;
  return stdin.isTTY === true && stdout.isTTY === true && process.env.TERM !== "dumb";
}
