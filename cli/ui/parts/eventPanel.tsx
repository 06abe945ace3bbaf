import { Text } from "ink";
import { formatClock } from "../clock";
import type { UiEvent } from "../state";
import { Panel } from "./panel";

export interface EventPanelProps {
  readonly events: readonly UiEvent[];
  readonly height: number;
}

/** The last events, the newest below. */
export function EventPanel({ events, height }: EventPanelProps) {
  const shown = events.slice(-Math.max(1, height - 3));
  return (
    <Panel title="Events" height={height}>
      {shown.length === 0 && <Text dimColor>none in the last hour</Text>}
      {shown.map(({ time, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same may happen twice in a second
        <Text key={`${time.getTime()} ${index}`} wrap="truncate-end">
          <Text dimColor>{formatClock(time)} </Text>
          {text}
        </Text>
      ))}
    </Panel>
  );
}
