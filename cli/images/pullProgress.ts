import { formatBytes } from "../../plan/quantities";
import type { Progress } from "../artifacts";

/** A line of what the engine streams while it pulls. Source: Docker Engine API 1.41, POST /images/create. */
export interface PullEvent {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

interface Layer {
  readonly done: number;
  readonly total: number;
}

/** States of a layer in which all of it has come. */
const COMPLETE = new Set([
  "Download complete",
  "Verifying Checksum",
  "Extracting",
  "Pull complete",
  "Already exists",
]);

/** Sums the progress of an image's layers up to one. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();

  /** @returns the progress of the whole image after this event; undefined where the event tells nothing of it */
  take({ id, status = "", progressDetail }: PullEvent): Progress | undefined {
    if (id === undefined) return undefined;
    const before = this.#layers.get(id);
    if (status === "Downloading") {
      const { current = 0, total = 0 } = progressDetail ?? {};
      this.#layers.set(id, { done: current, total: Math.max(total, current) });
    } else if (COMPLETE.has(status) && before !== undefined) {
      this.#layers.set(id, { ...before, done: before.total });
    } else return undefined;
    return this.#sum();
  }

  #sum(): Progress {
    let done = 0;
    let total = 0;
    for (const layer of this.#layers.values()) {
      done += layer.done;
      total += layer.total;
    }
    return { done, total, text: `${formatBytes(done)} of ${formatBytes(total)}` };
  }
}
