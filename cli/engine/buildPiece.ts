import { join } from "node:path";
import {
  type ArtifactRequest,
  type CachePaths,
  ensureArtifact,
  findProjectRoot,
  goToolchain,
  hasArtifact,
} from "../artifacts";
import { type EngineLog, reportProgress } from "./events";
import type { PieceName } from "./pins";

// The command line and its Node language host are two Go modules.
const MODULES: Readonly<Record<PieceName, readonly string[]>> = {
  cli: ["cli", "language"],
  docker: ["docker"],
  command: ["command"],
};

/** The recipe and the sources that decide what a piece is built to. */
export function listBuildInputs(piece: PieceName): string[] {
  return MODULES[piece].flatMap(inputsOfModule);
}

/** Tells files that do not reach the executable: tests, and what a developer's `go build` left. */
export function isNoSource(path: string): boolean {
  return path.endsWith("_test.go") || !/(?:\.go|\/go\.mod|\/go\.sum|^build\.sh)$/.test(path);
}

/**
 * Builds a piece from its Go modules, one after the other: a Go build takes all cores by itself.
 * Returns the folders with the executables.
 */
export async function buildPiece(
  piece: PieceName,
  cache: CachePaths,
  log: EngineLog,
  signal?: AbortSignal,
): Promise<string[]> {
  const folders: string[] = [];
  for (const module of MODULES[piece]) {
    const onWait = (message: string) => log({ type: "waiting", message });
    const common = { onWait, cache, ...(signal === undefined ? {} : { signal }) };
    const request: ArtifactRequest = {
      ...common,
      name: `engine-${module}`,
      inputs: inputsOfModule(module),
      exclude: isNoSource,
      keyExtra: [process.arch],
      onProgress: reportProgress(log, piece),
      build: { command: recipe(), args: [module] },
    };
    if (hasArtifact(request)) {
      folders.push(await ensureArtifact(request));
      continue;
    }
    const go = await goToolchain({ ...common, onProgress: reportProgress(log, "go") });
    const build = { command: recipe(), args: [module], env: { GO: go } };
    folders.push(await ensureArtifact({ ...request, build }));
  }
  return folders;
}

function inputsOfModule(module: string): string[] {
  return [recipe(), join(findProjectRoot(), "engine", module)];
}

function recipe(): string {
  return join(findProjectRoot(), "engine", "build.sh");
}
