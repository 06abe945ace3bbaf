import type { UiState } from "./state";

/** Rows of the panels below the services, their frames included. */
export interface Rows {
  readonly middle: number;
  readonly drift: number;
  readonly events: number;
}

/** A frame and a title. */
const FRAME = 3;

/**
 * Shares the rows that the services leave: GPU and models get what they have to show, drift up to a third of
 * the rest, events what remains.
 */
export function layOut(
  height: number,
  { services, gpu, models, drift }: Pick<UiState, "services" | "gpu" | "models" | "drift">,
): Rows {
  const rest = Math.max(3 * (FRAME + 1), height - services.length - FRAME);
  const gpuRows = gpu.kind === "seen" ? Math.max(1, 3 * gpu.gpus.length) : 1;
  const modelRows = Math.max(1, models?.length ?? 1);
  // Drift and events keep a line each, however many GPUs and models there are.
  const most = Math.max(1, rest - 2 * (FRAME + 1) - FRAME);
  const middle = FRAME + Math.min(Math.max(gpuRows, modelRows), most);
  const free = rest - middle;
  const driftRows = Math.max(1, Math.min(drift?.length ?? 1, Math.floor(free / 2) - FRAME));
  return { middle, drift: FRAME + driftRows, events: free - FRAME - driftRows };
}
