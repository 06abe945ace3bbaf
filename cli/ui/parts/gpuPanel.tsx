import { Box, Text } from "ink";
import { plot } from "../series";
import type { UiGpu, UiGpuSeries } from "../state";
import { Panel } from "./panel";

/** Border, padding, and what stands beside a plot. */
const TAKEN = 4 + "memory 79.6/79.6 GiB ".length;

export interface GpuPanelProps {
  readonly gpu: UiGpu;
  readonly width: number;
  readonly height: number;
}

export function GpuPanel({ gpu, width, height }: GpuPanelProps) {
  return (
    <Panel title="GPU" height={height} grow={1}>
      <GpuContent gpu={gpu} width={width} />
    </Panel>
  );
}

function GpuContent({ gpu, width }: Omit<GpuPanelProps, "height">) {
  switch (gpu.kind) {
    case "none":
      return <Text dimColor>no GPU configured</Text>;
    case "waiting":
      return <Text dimColor>…</Text>;
    case "untold":
      return (
        <Text dimColor wrap="truncate-end">
          {gpu.reason}
        </Text>
      );
    case "unknown":
      return (
        <Text color="red" wrap="truncate-end">
          {gpu.reason}
        </Text>
      );
    case "seen":
      return gpu.gpus.map((one) => (
        <GpuRows key={one.uuid} gpu={one} plotWidth={Math.max(0, width - TAKEN)} />
      ));
  }
}

function GpuRows({ gpu, plotWidth }: { gpu: UiGpuSeries; plotWidth: number }) {
  const load = gpu.loadPercent === undefined ? "?" : `${gpu.loadPercent} %`;
  const memory = `${gibibytes(gpu.memoryUsedMiB)}/${gibibytes(gpu.memoryTotalMiB)} GiB`;
  return (
    <Box flexDirection="column">
      <Text wrap="truncate-end">{gpu.name}</Text>
      <PlotRow text={`load   ${load}`} values={gpu.loadHistory} width={plotWidth} color="green" />
      <PlotRow
        text={`memory ${memory}`}
        values={gpu.memoryHistory}
        width={plotWidth}
        color="magenta"
      />
    </Box>
  );
}

interface PlotRowProps {
  readonly text: string;
  /** percent */
  readonly values: readonly number[];
  readonly width: number;
  readonly color: string;
}

function PlotRow({ text, values, width, color }: PlotRowProps) {
  return (
    <Box>
      <Text>{text.padEnd(TAKEN - 4)}</Text>
      <Text color={color} wrap="truncate-end">
        {plot(values, width, 100)}
      </Text>
    </Box>
  );
}

function gibibytes(mebibytes: number): string {
  return (mebibytes / 1024).toFixed(1);
}
