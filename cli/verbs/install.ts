import { type Command, Option } from "commander";
import { IMAGE_SOURCES, PROFILES } from "../../plan/settings";
import { findProjectRoot } from "../artifacts/projectRoot";
import { install } from "../install";

export function registerInstallCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("install")
    .description(
      "make engine, images and stack ready and bring the services up; ./install.sh ends with this",
    )
    .addOption(
      new Option("--profile <name>", "which services a new stack runs")
        .choices(PROFILES)
        .default("minimal"),
    )
    .option("-s, --stack <name>", "the stack to create or to bring up; default: the profile's name")
    .addOption(new Option("--images <source>", "where images come from").choices(IMAGE_SOURCES))
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "make engine and images ready, show the changes, and change nothing")
    .action(async (options) => {
      finish(await install(findProjectRoot(), { stack: options.profile, ...options }));
    });
}
