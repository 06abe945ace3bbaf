import { Box, Text } from "ink";
import type { View } from "../state";
import { Panel } from "./panel";

export interface TextViewProps {
  readonly view: Extract<View, { kind: "text" }>;
  readonly height: number;
}

/** Lines that may grow at their end, of which the last ones are shown. */
export function TextView({ view: { title, lines, back }, height }: TextViewProps) {
  const end = lines.length - back;
  const shown = lines.slice(Math.max(0, end - (height - 3)), end);
  return (
    <Panel title={back === 0 ? title : `${title} (${back} lines back)`} height={height}>
      <Box flexDirection="column">
        {shown.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          <Text key={index} wrap="truncate-end">
            {line === "" ? " " : line}
          </Text>
        ))}
      </Box>
    </Panel>
  );
}
