import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import {
  type ArtifactRequest,
  ensureArtifact,
  findProjectRoot,
  goToolchain,
  hasArtifact,
} from "../../../cli/artifacts";
import { isNoSource } from "../../../cli/engine/buildPiece";

/**
 * Path of the real docker-compose that our own merge is compared with: `$AISTACK_COMPOSE`, else the
 * pinned one, built once from engine/compose into the artifact cache.
 * @throws Error that says what to do; a missing reference never skips a test
 */
export async function composeTool(): Promise<string> {
  const given = process.env.AISTACK_COMPOSE;
  if (given !== undefined && given !== "") return checkExecutable(given);

  const root = findProjectRoot();
  const recipe = join(root, "engine", "build.sh");
  const build = { command: recipe, args: ["compose"] };
  const request: ArtifactRequest = {
    name: "engine-compose",
    inputs: [recipe, join(root, "engine", "compose")],
    exclude: isNoSource,
    keyExtra: [process.arch],
    build,
  };
  try {
    const folder = hasArtifact(request)
      ? await ensureArtifact(request)
      : await ensureArtifact({ ...request, build: { ...build, env: { GO: await goToolchain() } } });
    return join(folder, "docker-compose");
  } catch (error) {
    throw new Error(
      "docker-compose could not be built for the contract test. Build it with: engine/build.sh compose DIR, and set AISTACK_COMPOSE=DIR/docker-compose",
      { cause: error },
    );
  }
}

function checkExecutable(path: string): string {
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch (error) {
    throw new Error(
      `AISTACK_COMPOSE=${path} cannot be executed. Correct it, or unset it to have docker-compose built`,
      { cause: error },
    );
  }
}

/** What a run of docker-compose gave. */
export interface ComposeAnswer {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  /** the merged project; undefined where compose refused the files */
  readonly project: Record<string, unknown> | undefined;
}

/** `docker-compose -f … config --format json`, with every profile, and with nothing of the caller's environment. */
export async function composeConfig(
  tool: string,
  files: readonly string[],
): Promise<ComposeAnswer> {
  const args = files.flatMap((file) => ["-f", file]);
  const { exitCode, stderr, stdout } = await execa(
    tool,
    [...args, "--profile", "*", "config", "--format", "json"],
    { reject: false, extendEnv: false, env: { PATH: process.env.PATH, HOME: "/nonexistent" } },
  );
  const project = exitCode === 0 ? (JSON.parse(stdout) as Record<string, unknown>) : undefined;
  return { exitCode, stderr, project };
}
