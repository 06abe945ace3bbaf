import { reduce, type UiAction, type UiState } from "./state";

/** Holds the state, and tells listeners when it has become another one. */
export class UiStore {
  #state: UiState;
  readonly #listeners = new Set<() => void>();

  constructor(state: UiState) {
    this.#state = state;
  }

  /** Bound, since React takes them as plain functions. */
  readonly state = (): UiState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly dispatch = (action: UiAction): void => {
    this.#state = reduce(this.#state, action);
    for (const listener of this.#listeners) listener();
  };
}
