import { Text } from "ink";
import { KEYS } from "../keys";
import { Panel } from "./panel";

export function HelpView({ height }: { height: number }) {
  const width = Math.max(...KEYS.map(([key]) => key.length));
  return (
    <Panel title="Keys" height={height}>
      <Text> </Text>
      {KEYS.map(([key, effect]) => (
        <Text key={key} wrap="truncate-end">
          <Text bold>{key.padEnd(width)}</Text>
          {`   ${effect}`}
        </Text>
      ))}
      <Text> </Text>
      <Text wrap="truncate-end">Everything else, and more about these: aistack help</Text>
    </Panel>
  );
}
