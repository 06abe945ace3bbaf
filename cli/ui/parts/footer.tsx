import { Box, Text } from "ink";
import type { Notice, View } from "../state";

const HINTS: Readonly<Record<View["kind"], string>> = {
  overview: "↑↓ select  s start  x stop  r restart  l logs  g gpu-check  ? help  q quit",
  help: "any key goes back  q quit",
  confirm: "y yes  any other key: no",
  text: "↑↓ scroll  Esc or q back",
};

const COLOURS = { good: "green", bad: "red", plain: "cyan" } as const;

/** What has just happened, and the keys that do something here. */
export function Footer({ view, notice }: { view: View; notice: Notice | undefined }) {
  return (
    <Box flexDirection="column" paddingX={1} flexShrink={0}>
      <FooterNotice view={view} notice={notice} />
      <Text dimColor wrap="truncate-end">
        {HINTS[view.kind]}
      </Text>
    </Box>
  );
}

function FooterNotice({ view, notice }: { view: View; notice: Notice | undefined }) {
  if (view.kind === "confirm") return <Text color="yellow">{`Stop ${view.service}? [y/N]`}</Text>;
  if (notice === undefined) return <Text> </Text>;
  return (
    <Text color={COLOURS[notice.tone]} wrap="truncate-end">
      {notice.text}
    </Text>
  );
}
