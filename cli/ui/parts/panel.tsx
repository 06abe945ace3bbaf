import { Box, Text } from "ink";
import type { ReactNode } from "react";

export interface PanelProps {
  readonly title: string;
  /** rows, its frame included */
  readonly height?: number;
  readonly grow?: number;
  readonly children: ReactNode;
}

/** A frame with a title on its first line. */
export function Panel({ title, height, grow = 0, children }: PanelProps) {
  return (
    <Box
      borderStyle="round"
      borderColor="gray"
      flexDirection="column"
      paddingX={1}
      flexGrow={grow}
      flexShrink={grow > 0 ? 1 : 0}
      overflow="hidden"
      {...(height === undefined ? {} : { height })}
    >
      <Text bold wrap="truncate-end">
        {title}
      </Text>
      {children}
    </Box>
  );
}
