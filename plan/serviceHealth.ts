import type { InspectedContainer } from "./inspectedContainer";
import { isForeign } from "./preflight";

/** What a service does at the moment, in one word. */
export const SERVICE_HEALTH = [
  /** runs, and its health check passes */
  "healthy",
  /** runs, and has no health check */
  "running",
  /** runs, and its health check has not passed yet */
  "starting",
  "unhealthy",
  /** ended by itself, and Docker starts it again */
  "restarting",
  "paused",
  "stopped",
  /** there is no container of its name */
  "missing",
  /** a container of its name is there that aistack did not make */
  "foreign",
] as const;

export type ServiceHealth = (typeof SERVICE_HEALTH)[number];

/** @param seen the service's container; undefined where the engine has none of its name */
export function judgeHealth(
  seen: Pick<InspectedContainer, "status" | "health" | "labels"> | undefined,
): ServiceHealth {
  if (seen === undefined) return "missing";
  if (isForeign(seen)) return "foreign";
  if (seen.status === "restarting" || seen.status === "paused") return seen.status;
  if (seen.status !== "running") return "stopped";
  if (seen.health === undefined) return "running";
  return seen.health === "healthy" || seen.health === "unhealthy" ? seen.health : "starting";
}

/** True where the service can be used. */
export function isServing(health: ServiceHealth): boolean {
  return health === "healthy" || health === "running";
}
