import { Text } from "ink";
import { Panel } from "./panel";

export interface DriftPanelProps {
  readonly drift: readonly string[] | undefined;
  readonly height: number;
}

/** How the host differs from what is declared. */
export function DriftPanel({ drift, height }: DriftPanelProps) {
  return (
    <Panel title="Drift and pending changes" height={height}>
      <DriftRows drift={drift} room={height - 3} />
    </Panel>
  );
}

function DriftRows({ drift, room }: { drift: readonly string[] | undefined; room: number }) {
  if (drift === undefined) return <Text dimColor>looking at the host …</Text>;
  if (drift.length === 0) return <Text color="green">none</Text>;
  // On a single line they stand side by side, as far as it reaches.
  const lines = room === 1 ? [drift.join("; ")] : drift;
  const shown = lines.length > room ? lines.slice(0, room - 1) : lines;
  return (
    <>
      {shown.map((line) => (
        <Text key={line} color="yellow" wrap="truncate-end">
          {line}
        </Text>
      ))}
      {shown.length < lines.length && (
        <Text color="yellow">and {lines.length - shown.length} more: aistack preview</Text>
      )}
    </>
  );
}
