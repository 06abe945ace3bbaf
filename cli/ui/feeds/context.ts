import type Docker from "dockerode";
import type { StackPlan } from "../../../plan/plan";
import type { UiAction } from "../state";

/** What the feeds of the screen stand on. */
export interface FeedContext {
  readonly root: string;
  readonly stack: string;
  readonly plan: StackPlan;
  readonly docker: Docker;
  /** arguments of ssh to the host; undefined: this machine */
  readonly ssh: readonly string[] | undefined;
  readonly hasGpu: boolean;
  readonly dispatch: (action: UiAction) => void;
  /** ends all feeds */
  readonly signal: AbortSignal;
}
