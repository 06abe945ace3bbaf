import { type Command, Option } from "commander";
import { IMAGE_SOURCES, PROFILES } from "../../plan/settings";
import { findProjectRoot } from "../artifacts/projectRoot";
import { EXIT } from "../exitCodes";
import { type InstallOptions as Installation, install } from "../install";
import { chooseService } from "../installService";
import { chooseInstalled, chooseWidened } from "../installTarget";
import { DEFAULT_PROFILE } from "../stackStore";
import { stackOption } from "./options";

/** As the command line gives them. */
type InstallOptions = Omit<Installation, "stack"> & { readonly stack?: string };

export function registerInstallCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("install")
    .description(
      "make engine, images and stack ready and bring the services up; ./install.sh ends with this",
    )
    .argument("[service]", "one service, to be had beside those that the stack has")
    .addOption(
      new Option(
        "--profile <name>",
        "which services the stack runs; default: minimal for a new one",
      ).choices(PROFILES),
    )
    .addOption(
      stackOption(
        "the stack to create or to bring up; default: the one of this machine, or a new one with the profile's name",
      ),
    )
    .addOption(new Option("--images <source>", "where images come from").choices(IMAGE_SOURCES))
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "make engine and images ready, show the changes, and change nothing")
    .action(async (service: string | undefined, options: InstallOptions) => {
      finish(await installAs(service, options));
    });
}

async function installAs(service: string | undefined, options: InstallOptions): Promise<number> {
  const root = findProjectRoot();
  const { profile, yes = false, dryRun = false } = options;
  if (service === undefined) {
    return install(root, { ...options, stack: options.stack ?? chooseInstalled(root, profile) });
  }
  const stack = options.stack ?? chooseWidened(root, profile);
  const pattern = profile ?? DEFAULT_PROFILE;
  const changed = await chooseService(root, { service, stack, profile: pattern, yes, dryRun });
  // What would change can only be shown once the file says so.
  if (dryRun && changed) return EXIT.changesPending;
  // Once the file names the services, no profile says any more which ones run.
  return install(root, { ...options, stack, profile: changed ? undefined : profile });
}
