import { Text } from "ink";
import { formatBytes } from "../../../plan/quantities";
import type { ListedModel } from "../../models/modelList";
import type { UiState } from "../state";
import { Panel } from "./panel";

export interface ModelPanelProps {
  readonly models: UiState["models"];
  readonly height: number;
}

export function ModelPanel({ models, height }: ModelPanelProps) {
  return (
    <Panel title="Models" height={height} grow={1}>
      <ModelRows models={models} room={height - 3} />
    </Panel>
  );
}

function ModelRows({ models, room }: { models: UiState["models"]; room: number }) {
  if (models === undefined) return <Text dimColor>…</Text>;
  if (models === null) return <Text color="red">Ollama does not answer</Text>;
  if (models.length === 0) return <Text dimColor>none</Text>;
  const shown = models.length > room ? models.slice(0, room - 1) : models;
  return (
    <>
      {shown.map((model) => (
        <Text key={model.name} wrap="truncate-end" {...styleOf(model)}>
          {describeModel(model)}
        </Text>
      ))}
      {shown.length < models.length && (
        <Text dimColor>and {models.length - shown.length} more</Text>
      )}
    </>
  );
}

function styleOf({ present, loaded }: ListedModel): { color?: string } {
  if (!present) return { color: "yellow" };
  return loaded ? { color: "green" } : {};
}

function describeModel({ name, present, loaded, sizeBytes, memoryBytes }: ListedModel): string {
  if (!present) return `${name}  absent`;
  const size = sizeBytes === null ? "" : `  ${formatBytes(sizeBytes)}`;
  return `${name}${size}${loaded ? `  loaded, ${formatBytes(memoryBytes ?? 0)}` : ""}`;
}
