import type { Command } from "commander";
import { findProjectRoot } from "../artifacts/projectRoot";
import { shellExports } from "../environment";
import { EXIT } from "../exitCodes";
import { installedEnvironment } from "../session";

export function registerEnvironmentCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("env")
    .description('print what `pulumi` typed by hand needs: eval "$(./aistack env)"')
    .action(async () => {
      process.stdout.write(shellExports(await installedEnvironment(findProjectRoot())));
      finish(EXIT.done);
    });
}
