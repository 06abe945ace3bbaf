import { accessSync, constants, existsSync, statSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { type CachePaths, findCommand } from "../artifacts";
import { execa } from "../execa";
import { EXECUTABLES, PINS, type PluginName, pluginFolder } from "./pins";

/**
 * The folder of a Pulumi on the PATH that has the pinned version and its Node language host beside
 * it; undefined when there is none.
 */
export async function findInstalledCli(
  cache: CachePaths,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const pulumi = findCommand("pulumi", foreignPath(cache, env));
  if (pulumi === undefined) return undefined;
  const folder = dirname(pulumi);
  if (!EXECUTABLES.cli.every((name) => isExecutable(join(folder, name)))) return undefined;
  const version = await askVersion(pulumi, cache, env);
  return version === `v${PINS.cli}` ? folder : undefined;
}

/** The file of a plugin the user has installed for Pulumi; undefined when there is none. */
export function findInstalledPlugin(
  name: PluginName,
  cache: CachePaths,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const home = env.PULUMI_HOME;
  const foreign = home && !isWithin(cache.root, home) ? home : join(homedir(), ".pulumi");
  const folder = join(foreign, pluginFolder(name));
  // Pulumi leaves this mark beside a plugin which it has not finished unpacking.
  if (existsSync(`${folder}.partial`)) return undefined;
  return EXECUTABLES[name].map((file) => join(folder, file)).find(isExecutable);
}

// `aistack env` puts our own engine on the PATH: finding that again would make it its own source.
function foreignPath(cache: CachePaths, env: NodeJS.ProcessEnv): string {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !isWithin(cache.root, folder))
    .join(delimiter);
}

function isWithin(root: string, path: string): boolean {
  return `${resolve(path)}/`.startsWith(`${resolve(root)}/`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Asking costs half a second, so the answer is kept for as long as the file stays the same.
async function askVersion(
  pulumi: string,
  cache: CachePaths,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { size, mtimeMs } = statSync(pulumi);
  const identity = `${pulumi} ${size} ${mtimeMs}`;
  const memory = join(cache.root, "pulumi-on-path");
  const [known, version] = (await readFile(memory, "utf8").catch(() => "")).split("\n");
  if (known === identity && version !== undefined) return version;

  const answer = await execa(pulumi, ["version"], {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    extendEnv: false,
    timeout: 20_000,
    reject: false,
  });
  if (answer.failed) return "";
  await mkdir(cache.root, { recursive: true, mode: 0o700 });
  await writeFile(memory, `${identity}\n${answer.stdout}\n`);
  return answer.stdout;
}
