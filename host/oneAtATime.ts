/** How an attempt ended. */
export type Attempt<Value> =
  | { readonly outcome: "done"; readonly value: Value }
  | { readonly outcome: "failed"; readonly error: unknown }
  | { readonly outcome: "hangs" };

/**
 * Runs something that may never end, and waits for it only so long. While one hangs, no other is
 * started: they would pile up behind the same fault.
 */
export class OneAtATime {
  #running = false;

  get running(): boolean {
    return this.#running;
  }

  async attempt<Value>(start: () => Promise<Value>, limitMs: number): Promise<Attempt<Value>> {
    if (this.#running) return { outcome: "hangs" };
    this.#running = true;
    const work = start()
      .then(
        (value): Attempt<Value> => ({ outcome: "done", value }),
        (error): Attempt<Value> => ({ outcome: "failed", error }),
      )
      .finally(() => {
        this.#running = false;
      });
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<Attempt<Value>>((resolve) => {
      timer = setTimeout(() => resolve({ outcome: "hangs" }), limitMs);
    });
    try {
      return await Promise.race([work, limit]);
    } finally {
      clearTimeout(timer);
    }
  }
}
