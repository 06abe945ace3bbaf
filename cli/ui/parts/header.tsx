import { Box, Text } from "ink";
import { formatClock } from "../clock";
import type { UiState } from "../state";

export function Header({ stack, profile, now }: Pick<UiState, "stack" | "profile" | "now">) {
  return (
    <Box justifyContent="space-between" paddingX={1} flexShrink={0}>
      <Text wrap="truncate-end">
        <Text bold color="cyan">
          aistack
        </Text>
        {`  stack ${stack}, profile ${profile}`}
      </Text>
      <Text>{formatClock(now)}</Text>
    </Box>
  );
}
