import { formatProblem } from "../../plan/errors";
import type { ServiceHealth } from "../../plan/serviceHealth";
import { formatSpan } from "../../plan/spans";
import type { ServiceStatus, StatusReport } from "../../plan/statusReport";
import { formatTable, styled } from "../output";

const COLOURS: Readonly<Record<ServiceHealth, "green" | "yellow" | "red">> = {
  healthy: "green",
  running: "green",
  starting: "yellow",
  restarting: "yellow",
  paused: "yellow",
  unhealthy: "red",
  stopped: "red",
  missing: "red",
  foreign: "red",
};

export function healthColour(health: ServiceHealth): "green" | "yellow" | "red" {
  return COLOURS[health];
}

/** A status for people, line by line. */
export function formatStatus(report: StatusReport, now: Date): string[] {
  const { stack, profile, engine, services, models, drift, changes, problems } = report;
  const lines = [
    `stack ${stack}, profile ${profile}, Docker ${engine.version}`,
    "",
    ...formatServices(services, now),
  ];
  if (models.length > 0) {
    const told = models.map(({ name, present }) =>
      present === true ? name : `${name} (${present === null ? "unknown" : "absent"})`,
    );
    lines.push("", `models: ${told.join(", ")}`);
  }
  lines.push("");
  if (drift.length + changes.length + problems.length === 0)
    lines.push("The host is as the configuration says.");
  for (const line of drift) lines.push(`${styled("yellow", "drift:")} ${line}`);
  for (const line of changes) lines.push(`${styled("cyan", "pending:")} ${line}`);
  if (drift.length + changes.length > 0) lines.push("What `up` would do: aistack preview");
  for (const problem of problems)
    lines.push(`${styled("red", "problem:")} ${formatProblem(problem)}`);
  return lines;
}

function formatServices(services: readonly ServiceStatus[], now: Date): string[] {
  const rows = services.map(({ name, health, since, address, image }) => [
    name,
    styled(COLOURS[health], health),
    since === null ? "-" : formatSpan(now.getTime() - Date.parse(since)),
    address,
    image,
  ]);
  const [heading = "", ...body] = formatTable([
    ["SERVICE", "HEALTH", "UP", "ENDPOINT", "IMAGE"],
    ...rows,
  ]);
  return [styled("bold", heading), ...body];
}
