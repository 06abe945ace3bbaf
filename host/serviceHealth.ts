import type { AgentConfig } from "../plan/agentConfig";
import type { ServiceHealth } from "../plan/heartbeat";
import { describeSilence, queryHttp } from "./httpQuery";

/** A service that takes longer does not serve anybody. */
const LIMIT_MS = 3000;

/** Of an answer that only its status matters of. */
const MOST_BYTES = 256 * 1024;

/** Asks a service, at the address that answers 200 once it serves. Never throws. */
export async function checkService(
  { name, url }: AgentConfig["services"][number],
  signal: AbortSignal,
): Promise<ServiceHealth> {
  const started = performance.now();
  const tookMs = () => Math.round(performance.now() - started);
  try {
    const { status } = await queryHttp(url, { limitMs: LIMIT_MS, mostBytes: MOST_BYTES, signal });
    const healthy = status >= 200 && status < 300;
    return { name, healthy, status, error: null, tookMs: tookMs() };
  } catch (error) {
    const told = describeSilence(error);
    return { name, healthy: false, status: null, error: told, tookMs: tookMs() };
  }
}
