import type { Command } from "commander";
import { findProjectRoot } from "../artifacts";
import { ServiceControl } from "../control/services";
import { connectDocker } from "../docker/connect";
import { EXIT } from "../exitCodes";
import { openStack } from "../openStack";
import { print } from "../output";
import { stackOption } from "./options";

const VERBS = {
  start: "start services and wait until they serve; those they depend on first",
  stop: "stop services within their grace period; those that depend on them first",
  restart: "stop services and start them again",
} as const;

type Verb = keyof typeof VERBS;

export function registerControlCommands(program: Command, finish: (code: number) => void): void {
  for (const [verb, summary] of Object.entries(VERBS) as [Verb, string][]) {
    program
      .command(verb)
      .argument("[service...]", "names of services; default: all of the stack's")
      .description(summary)
      .addOption(stackOption())
      .action(async (services: string[], options: { stack?: string }) => {
        await controlServices(verb, services, options.stack);
        finish(EXIT.done);
      });
  }
}

async function controlServices(verb: Verb, services: readonly string[], stack: string | undefined) {
  const root = findProjectRoot();
  const { stack: name, plan, access } = openStack(root, stack);
  const tell = (service: string, state: string) => print(`${service}: ${state}`);
  const docker = await connectDocker(access);
  const control = new ServiceControl({ ...access, root, stack: name, docker, plan }, tell);
  await control[verb](services);
  if (verb === "stop") {
    print();
    print(
      "A stopped service is drift to a preview. It comes back by: aistack start, or aistack up",
    );
  }
}
