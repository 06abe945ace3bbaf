import { type Key, useInput, useWindowSize } from "ink";
import { useSyncExternalStore } from "react";
import { interpretKey, type KeyPress, type UiCommand } from "./keys";
import { Screen } from "./screen";
import type { UiAction } from "./state";
import type { UiStore } from "./store";

export interface AppProps {
  readonly store: UiStore;
  readonly onCommand: (command: UiCommand) => void;
}

/** The whole screen, and the keys. */
export function App({ store, onCommand }: AppProps) {
  const state = useSyncExternalStore(store.subscribe, store.state);
  const { columns, rows } = useWindowSize();
  useInput((input, key) => {
    const meant = interpretKey(store.state(), toKeyPress(input, key));
    if (meant === undefined) return;
    if (isAction(meant)) store.dispatch(meant);
    else onCommand(meant);
  });
  return <Screen state={state} columns={columns} rows={rows} />;
}

function isAction(meant: UiAction | UiCommand): meant is UiAction {
  return ["selectionMoved", "viewOpened", "scrolled"].includes(meant.type);
}

function toKeyPress(input: string, key: Key): KeyPress {
  if (key.ctrl) return { input, name: "ctrl" };
  const names: [boolean, KeyPress["name"]][] = [
    [key.upArrow, "up"],
    [key.downArrow, "down"],
    [key.pageUp, "pageUp"],
    [key.pageDown, "pageDown"],
    [key.escape, "escape"],
    [key.return, "return"],
  ];
  return { input, name: names.find(([pressed]) => pressed)?.[1] };
}
