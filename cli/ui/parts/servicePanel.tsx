import { Box, Text } from "ink";
import { formatBytes } from "../../../plan/quantities";
import { formatSpan } from "../../../plan/spans";
import { healthColour } from "../../status/format";
import { plot } from "../series";
import type { ServiceUsage, UiService } from "../state";
import { Panel } from "./panel";

const COLUMNS = { name: 14, health: 12, up: 7, cpu: 8, memory: 24 } as const;

/** Border, padding, mark and columns: what is left of a line is the plot's. */
const TAKEN = 6 + Object.values(COLUMNS).reduce((sum, width) => sum + width, 0);

export interface ServicePanelProps {
  readonly services: readonly UiService[];
  readonly selected: number;
  readonly now: Date;
  readonly width: number;
}

export function ServicePanel({ services, selected, now, width }: ServicePanelProps) {
  const heading =
    "  " +
    "Service".padEnd(COLUMNS.name) +
    "Health".padEnd(COLUMNS.health) +
    "Up".padEnd(COLUMNS.up) +
    "CPU".padEnd(COLUMNS.cpu) +
    "Memory";
  return (
    <Panel title={heading} height={services.length + 3}>
      {services.map((service, index) => (
        <ServiceRow
          key={service.name}
          service={service}
          isSelected={index === selected}
          now={now}
          plotWidth={width - TAKEN}
        />
      ))}
    </Panel>
  );
}

interface ServiceRowProps {
  readonly service: UiService;
  readonly isSelected: boolean;
  readonly now: Date;
  readonly plotWidth: number;
}

function ServiceRow({ service, isSelected, now, plotWidth }: ServiceRowProps) {
  const { name, health, since, usage, busy, cpuHistory } = service;
  const up = since === null ? "-" : formatSpan(now.getTime() - Date.parse(since));
  const told = busy ?? health ?? "…";
  const colour = busy !== undefined || health === undefined ? "yellow" : healthColour(health);
  return (
    <Box>
      <Text inverse={isSelected}>
        {isSelected ? "▸ " : "  "}
        {cell(name, COLUMNS.name)}
      </Text>
      <Text color={colour}>{cell(told, COLUMNS.health)}</Text>
      <Text>{cell(up, COLUMNS.up)}</Text>
      <Text>{cell(formatCpu(usage), COLUMNS.cpu)}</Text>
      <Text>{cell(formatMemory(usage), COLUMNS.memory)}</Text>
      <Text color="cyan" wrap="truncate-end">
        {plot(cpuHistory, plotWidth, Math.max(100, ...cpuHistory))}
      </Text>
    </Box>
  );
}

/** A text in a column; a longer one is cut, with one blank left to the next column. */
export function cell(text: string, width: number): string {
  return text.length < width ? text.padEnd(width) : `${text.slice(0, width - 2)}… `;
}

function formatCpu(usage: ServiceUsage | undefined): string {
  return usage?.cpuPercent === undefined ? "-" : `${Math.round(usage.cpuPercent)} %`;
}

function formatMemory(usage: ServiceUsage | undefined): string {
  if (usage === undefined) return "-";
  return `${formatBytes(usage.memoryBytes)} of ${formatBytes(usage.memoryLimitBytes)}`;
}
