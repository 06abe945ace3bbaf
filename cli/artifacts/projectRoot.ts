import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

const LANDMARK = join("engine", "build.sh");

/**
 * The checkout's root: the nearest folder above this program that holds the engine's recipes. Found
 * by walking up, since the program runs as a bundle in one place and as sources (tests) in another.
 */
export function findProjectRoot(start: readonly string[] = startingPoints()): string {
  for (const point of start) {
    for (let folder = point; ; folder = dirname(folder)) {
      if (existsSync(join(folder, LANDMARK))) return folder;
      if (folder === dirname(folder)) break;
    }
  }
  throw new Error(`no ${LANDMARK} above ${start.join(" or ")}`);
}

function startingPoints(): string[] {
  const script = process.argv[1];
  const points = [import.meta.dirname as string | undefined];
  if (script !== undefined && existsSync(script)) points.push(dirname(realpathSync(script)));
  return points.filter((point) => point !== undefined);
}
