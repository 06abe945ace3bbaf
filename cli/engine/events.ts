import type { Progress } from "../artifacts";
import type { PieceName } from "./pins";

/** Where a piece of the engine came from. */
export type Source = "path" | "download" | "build";

/** What goes on while the engine is made ready; `message` is for the user as it is. */
export type EngineEvent =
  | {
      readonly type: "found";
      readonly piece: PieceName;
      readonly source: Source;
      readonly message: string;
    }
  | { readonly type: "unavailable"; readonly piece: PieceName; readonly message: string }
  | { readonly type: "waiting"; readonly message: string }
  | {
      readonly type: "progress";
      readonly piece: PieceName | "go";
      readonly progress: Progress;
      readonly message: string;
    };

/** Told of every event. */
export type EngineLog = (event: EngineEvent) => void;

/** What a piece is called towards users. */
export const TITLES: Readonly<Record<PieceName | "go", string>> = {
  cli: "Pulumi",
  docker: "Pulumi's docker plugin",
  command: "Pulumi's command plugin",
  go: "Go",
};

/** Makes the progress callback of one piece. */
export function reportProgress(log: EngineLog, piece: PieceName | "go") {
  return (progress: Progress) =>
    log({ type: "progress", piece, progress, message: `${TITLES[piece]}: ${progress.text}` });
}
