import type Docker from "dockerode";
import type { EngineAccess } from "../../../host/dockerCommand";
import type { GPU_VENDORS } from "../../../plan/gpuVendors";
import type { StackPlan } from "../../../plan/plan";
import type { UiAction } from "../state";

/** What the feeds of the screen stand on. */
export interface FeedContext extends EngineAccess {
  readonly root: string;
  readonly stack: string;
  readonly plan: StackPlan;
  readonly docker: Docker;
  /** whose GPUs the stack uses */
  readonly gpu: (typeof GPU_VENDORS)[number];
  readonly dispatch: (action: UiAction) => void;
  /** ends all feeds */
  readonly signal: AbortSignal;
}
