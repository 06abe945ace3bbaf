import type { Command } from "commander";
import { findProjectRoot } from "../artifacts";
import { EXIT } from "../exitCodes";
import { print, printJson, printTable } from "../output";
import { describeStacks, type ListedStack } from "../stacks/listStacks";
import { jsonOption } from "./options";

export function registerStacksCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("stacks")
    .description("list stacks, one for each host, with profile, last update and health")
    .addOption(jsonOption())
    .action(async ({ json }: { json?: boolean }) => {
      const stacks = await describeStacks(findProjectRoot());
      if (json === true) printJson({ stacks });
      else {
        printTable(
          ["STACK", "HOST", "PROFILE", "SERVICES", "LAST UPDATE", "HEALTH"],
          stacks.map(rowOf),
        );
        for (const { name, problem } of stacks) if (problem !== null) print(`${name}: ${problem}`);
      }
      finish(EXIT.done);
    });
}

function rowOf(stack: ListedStack): string[] {
  const { lastUpdate } = stack;
  return [
    stack.selected ? `${stack.name} *` : stack.name,
    stack.host ?? "this machine",
    stack.profile ?? "?",
    stack.services.join(", ") || "?",
    lastUpdate === null ? "never" : `${lastUpdate.time} (${lastUpdate.kind}, ${lastUpdate.result})`,
    stack.created ? (stack.health ?? "?") : "not created",
  ];
}
