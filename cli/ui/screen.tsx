import { Box } from "ink";
import { layOut } from "./layout";
import { DriftPanel } from "./parts/driftPanel";
import { EventPanel } from "./parts/eventPanel";
import { Footer } from "./parts/footer";
import { GpuPanel } from "./parts/gpuPanel";
import { Header } from "./parts/header";
import { HelpView } from "./parts/helpView";
import { ModelPanel } from "./parts/modelPanel";
import { ServicePanel } from "./parts/servicePanel";
import { TextView } from "./parts/textView";
import type { UiState } from "./state";

export interface ScreenProps {
  readonly state: UiState;
  /** of the terminal */
  readonly columns: number;
  readonly rows: number;
}

/** What a state looks like. */
export function Screen({ state, columns, rows }: ScreenProps) {
  // One row less than there are: a line feed in the last one would scroll the screen.
  const height = rows - 1;
  return (
    <Box flexDirection="column" width={columns} height={height} overflow="hidden">
      <Header {...state} />
      <Content state={state} columns={columns} height={height - 3} />
      <Footer view={state.view} notice={state.notice} />
    </Box>
  );
}

interface ContentProps {
  readonly state: UiState;
  readonly columns: number;
  readonly height: number;
}

function Content({ state, columns, height }: ContentProps) {
  if (state.view.kind === "help") return <HelpView height={height} />;
  if (state.view.kind === "text") return <TextView view={state.view} height={height} />;
  const rows = layOut(height, state);
  return (
    <>
      <ServicePanel {...state} width={columns} />
      <Box flexShrink={0}>
        <Box width="50%">
          <GpuPanel gpu={state.gpu} width={Math.floor(columns / 2)} height={rows.middle} />
        </Box>
        <Box width="50%">
          <ModelPanel models={state.models} height={rows.middle} />
        </Box>
      </Box>
      <DriftPanel drift={state.drift} height={rows.drift} />
      <EventPanel events={state.events} height={rows.events} />
    </>
  );
}
