import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { secretsFile } from "../../host/secretStore";
import { StackError } from "../../plan/errors";
import { findProjectRoot } from "../artifacts/projectRoot";
import { formatCredentials, readCredentials } from "../credentials";
import { EXIT } from "../exitCodes";
import { planFromCheckout } from "../observe";
import { printJson } from "../output";
import { chooseStack } from "../stackSelection";
import { jsonOption, stackOption } from "./options";

export function registerCredentialsCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("credentials")
    .description("show the generated password of Open WebUI's administrator and LocalAI's key")
    .addOption(stackOption())
    .addOption(jsonOption())
    .action(async (options: { stack?: string; json?: boolean }) => {
      const root = findProjectRoot();
      const stack = chooseStack(root, options.stack);
      const plan = planFromCheckout(root, stack);
      // Nothing is generated here: what would be shown could then differ from what the first update makes.
      if (plan.secrets.length > 0 && !existsSync(join(root, secretsFile(stack)))) {
        const what = `stack "${stack}" has no credentials yet`;
        throw new StackError([
          { what, where: "--stack", fix: `Bring it up first: ./aistack up --stack ${stack}` },
        ]);
      }
      const known = readCredentials(root, stack, plan);
      if (options.json === true) {
        printJson(known.credentials);
        for (const note of known.notes) process.stderr.write(`${note}\n`);
      } else {
        const text = formatCredentials(known, plan);
        process.stdout.write(
          text === "" ? `No service of stack ${stack} asks for credentials.\n` : text,
        );
      }
      finish(EXIT.done);
    });
}
