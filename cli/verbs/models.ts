import type { Command } from "commander";
import { withTunnel } from "../../host/sshTunnel";
import { OperationError } from "../../plan/errors";
import { formatBytes } from "../../plan/quantities";
import { findProjectRoot } from "../artifacts";
import { EXIT } from "../exitCodes";
import { type ListedModel, listModels, modelService } from "../models/modelList";
import { openStack } from "../openStack";
import { print, printJson, printTable, styled } from "../output";
import { addReadingVerb, type ReadingOptions } from "./options";

export function registerModelsCommand(program: Command, finish: (code: number) => void): void {
  addReadingVerb(program, "models", "list declared models and those that Ollama has").action(
    async (options: ReadingOptions) => finish(await showModels(options)),
  );
}

/** @returns the exit code: 4 where a declared model is absent */
async function showModels(options: ReadingOptions): Promise<number> {
  const root = findProjectRoot();
  const { stack, plan, access } = openStack(root, options.stack);
  const service = modelService(plan);
  const models =
    service === undefined
      ? []
      : await withTunnel(access.ssh, service.endpoint, (url) => listModels(plan, url));
  if (models === undefined) {
    throw new OperationError([
      {
        what: "Ollama does not answer, so its models cannot be listed",
        where: service?.endpoint ?? "",
        fix: "See: aistack status, and: aistack logs ollama",
      },
    ]);
  }
  if (options.json === true) printJson({ stack, models });
  else if (models.length === 0) print("No model is declared, and Ollama has none.");
  else
    printTable(
      ["MODEL", "DECLARED", "PRESENT", "SIZE", "LOADED", "DIGEST"],
      models.map((model) => rowOf(model)),
    );
  const absent = models.some(({ declared, present }) => declared && !present);
  return absent ? EXIT.changesPending : EXIT.done;
}

function rowOf({ name, declared, present, sizeBytes, digest, ...memory }: ListedModel): string[] {
  return [
    name,
    declared ? "yes" : "no",
    present ? "yes" : styled("yellow", "no"),
    sizeBytes === null ? "-" : formatBytes(sizeBytes),
    memory.loaded ? loadOf(memory.memoryBytes ?? 0, memory.vramBytes ?? 0) : "no",
    digest === null ? "-" : digest.slice(0, 12),
  ];
}

/** `1.2 GiB, 100 % GPU` */
function loadOf(memory: number, vram: number): string {
  const share = memory === 0 ? 0 : Math.round((vram / memory) * 100);
  return `${formatBytes(memory)}, ${share === 0 ? "CPU" : `${share} % GPU`}`;
}
