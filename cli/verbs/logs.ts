import { type Command, InvalidArgumentError, Option } from "commander";
import { HostNotReadyError } from "../../plan/errors";
import { chooseServices } from "../../plan/serviceChoice";
import { findProjectRoot } from "../artifacts";
import { connectDocker } from "../docker/connect";
import { EXIT } from "../exitCodes";
import { type LogLine, readServiceLogs } from "../logs/serviceLogs";
import { openStack } from "../openStack";
import { print, styled } from "../output";
import { addReadingVerb, type ReadingOptions } from "./options";

interface LogsOptions extends ReadingOptions {
  readonly follow?: boolean;
  readonly tail: number | "all";
  readonly timestamps?: boolean;
}

const COLOURS = ["cyan", "magenta", "blue", "green", "yellow"] as const;

export function registerLogsCommand(program: Command, finish: (code: number) => void): void {
  addReadingVerb(program, "logs", "show what services have logged")
    .argument("[service...]", "names of services; default: all of the stack's")
    .option("-f, --follow", "go on with new lines until Ctrl+C")
    .addOption(
      new Option("-n, --tail <lines>", "how many last lines of each service, or all")
        .argParser(parseTail)
        .default(200),
    )
    .option("-t, --timestamps", "show when each line was logged")
    .action(async (services: string[], options: LogsOptions) => {
      await showLogs(services, options);
      finish(EXIT.done);
    });
}

async function showLogs(names: readonly string[], options: LogsOptions): Promise<void> {
  const root = findProjectRoot();
  const { plan, access } = openStack(root, options.stack);
  const services = chooseServices(plan, names);
  const tail = options.tail === "all" ? undefined : options.tail;
  const request = { tail, follow: options.follow === true };
  const absent = await readServiceLogs(
    await connectDocker(access),
    services,
    request,
    lineWriter(
      services.map(({ name }) => name),
      options,
    ),
  );
  if (absent.length === services.length) {
    throw new HostNotReadyError([
      {
        what: `no container of ${absent.join(", ")} is there`,
        fix: "Bring it up with: aistack up",
      },
    ]);
  }
}

/** One service's lines stand as they were logged; those of several have their service in front. */
function lineWriter(names: readonly string[], options: LogsOptions): (line: LogLine) => void {
  if (options.json === true)
    return ({ time, service, stream, text }) =>
      print(JSON.stringify({ time, service, stream, text }));
  const width = Math.max(...names.map((name) => name.length));
  return ({ time, service, text }) => {
    const colour = COLOURS[names.indexOf(service) % COLOURS.length] ?? "cyan";
    const prefix = names.length > 1 ? `${styled(colour, `${service.padEnd(width)} |`)} ` : "";
    print(`${prefix}${options.timestamps === true ? `${time} ` : ""}${text}`);
  };
}

function parseTail(value: string): number | "all" {
  if (value === "all") return value;
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("It must be a number or all.");
  return Number(value);
}
