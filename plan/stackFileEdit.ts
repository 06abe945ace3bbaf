import { type Document, isMap, parseDocument, YAMLMap } from "yaml";
import { NAMESPACE } from "./configKeys";
import type { ProposedSettings } from "./proposal";

/** What is written of a proposal, and what a stack file says already and keeps. */
export interface StackFileEdit {
  readonly text: string;
  /** keys that were left as they are */
  readonly kept: readonly string[];
}

/**
 * Writes proposed settings into the text of a stack file, whose comments and other keys stay. Limits and models
 * that are there are the user's own: a proposal does not undo them.
 */
export function editStackFile(text: string, settings: ProposedSettings): StackFileEdit {
  const document = parseConfigured(text);
  const { gpu, gpuMode, limits, models } = settings;
  document.setIn(["config", `${NAMESPACE}:gpu`], gpu);
  if (gpuMode !== undefined) document.setIn(["config", `${NAMESPACE}:gpuMode`], gpuMode);
  const kept = [
    ...addMissing(document, "limits", limits, Object.keys(limits).length),
    ...addMissing(document, "models", models, models.length),
  ];
  return { text: document.toString({ lineWidth: 0 }), kept };
}

/**
 * Writes one setting into the text of a stack file, whose comments and other keys stay.
 * @param path of the key without the namespace: `["images", "source"]`
 */
export function setSetting(text: string, path: readonly string[], value: string): string {
  const document = parseConfigured(text);
  const [key, ...rest] = path;
  document.setIn(["config", `${NAMESPACE}:${key}`, ...rest], value);
  return document.toString({ lineWidth: 0 });
}

function parseConfigured(text: string): Document.Parsed {
  const document = parseDocument(text);
  // `config:` with nothing below it, or `{}`, holds no keys yet.
  const config = document.get("config");
  if (!isMap(config) || config.items.length === 0) document.set("config", new YAMLMap());
  return document;
}

/** The settings as a stack file says them, for people to paste. */
export function printSettings(settings: ProposedSettings): string {
  return editStackFile("", settings).text;
}

function addMissing(
  document: Document.Parsed,
  key: string,
  value: unknown,
  size: number,
): string[] {
  if (size === 0) return [];
  const path = ["config", `${NAMESPACE}:${key}`];
  if (document.hasIn(path)) return [`${NAMESPACE}:${key}`];
  const node = document.createNode(value);
  // `ollama: { memory: 24g }`, as people write it.
  if (isMap(node)) for (const { value: limit } of node.items) if (isMap(limit)) limit.flow = true;
  document.setIn(path, node);
  return [];
}
