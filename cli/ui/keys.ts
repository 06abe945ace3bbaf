import { selectedService, type UiAction, type UiState } from "./state";

/** What a key asks for beyond a change of the screen. */
export type UiCommand =
  | { readonly type: "start" | "stop" | "restart" | "followLogs"; readonly service: string }
  | { readonly type: "checkGpu" | "refresh" | "closeView" | "quit" };

/** A key as the terminal tells it. */
export interface KeyPress {
  /** the character, or nothing for a key without one */
  readonly input: string;
  readonly name: "up" | "down" | "pageUp" | "pageDown" | "escape" | "return" | "ctrl" | undefined;
}

/** Keys for people, in the order in which the help lists them. */
export const KEYS: readonly (readonly [key: string, effect: string])[] = [
  ["↑ ↓ or k j", "select a service"],
  ["s", "start the selected service"],
  ["x", "stop it, after a question"],
  ["r", "restart it"],
  ["l", "follow its logs"],
  ["g", "check the GPU"],
  ["f", "look at the host anew"],
  ["?", "this help"],
  ["q or Ctrl+C", "leave"],
];

const PAGE = 10;

/** What a key means in a state: a change of the screen, something to do, or nothing. */
export function interpretKey(state: UiState, key: KeyPress): UiAction | UiCommand | undefined {
  if (key.name === "ctrl") return key.input === "c" ? { type: "quit" } : undefined;
  switch (state.view.kind) {
    case "overview":
      return overviewKey(state, key);
    case "confirm":
      return key.input.toLowerCase() === "y"
        ? { type: "stop", service: state.view.service }
        : { type: "closeView" };
    case "help":
      return key.input === "q" ? { type: "quit" } : { type: "closeView" };
    case "text":
      return textKey(key);
  }
}

function overviewKey(state: UiState, { input, name }: KeyPress): UiAction | UiCommand | undefined {
  if (name === "up" || input === "k") return { type: "selectionMoved", by: -1 };
  if (name === "down" || input === "j") return { type: "selectionMoved", by: 1 };
  const service = selectedService(state);
  switch (input) {
    case "q":
      return { type: "quit" };
    case "?":
    case "h":
      return { type: "viewOpened", view: { kind: "help" } };
    case "g":
      return { type: "checkGpu" };
    case "f":
      return { type: "refresh" };
    case "l":
      return service && { type: "followLogs", service: service.name };
    case "s":
    case "r":
      if (service === undefined || service.busy !== undefined) return undefined;
      return { type: input === "s" ? "start" : "restart", service: service.name };
    case "x":
      if (service === undefined || service.busy !== undefined) return undefined;
      return { type: "viewOpened", view: { kind: "confirm", service: service.name } };
    default:
      return undefined;
  }
}

function textKey({ input, name }: KeyPress): UiAction | UiCommand | undefined {
  if (name === "escape" || input === "q" || input === "l") return { type: "closeView" };
  if (name === "up" || input === "k") return { type: "scrolled", by: 1 };
  if (name === "down" || input === "j") return { type: "scrolled", by: -1 };
  if (name === "pageUp") return { type: "scrolled", by: PAGE };
  if (name === "pageDown") return { type: "scrolled", by: -PAGE };
  return undefined;
}
