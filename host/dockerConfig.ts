import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { StackError } from "../plan/errors";
import { locateImage } from "../plan/imageLocation";
import { isRecord } from "../plan/yamlDocument";

/** The docker command's own configuration, as far as it says how registries are signed in to. */
export interface DockerConfig {
  readonly path: string;
  /** by registry: base64 of `user:password`, a token, or nothing where a helper keeps them */
  readonly auths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** name of the helper by registry */
  readonly credHelpers: Readonly<Record<string, unknown>>;
  /** the helper that keeps all others */
  readonly credsStore: string | undefined;
}

/** Docker Hub's credentials stand under the address that it had in its first version. */
const DOCKER_HUB = ["registry-1.docker.io", "index.docker.io", "docker.io"];
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

/**
 * Reads `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
 * @returns undefined where there is none: nobody has signed in
 * @throws StackError where it cannot be read
 */
export function readDockerConfig(
  environment: NodeJS.ProcessEnv = process.env,
): DockerConfig | undefined {
  const path = join(environment.DOCKER_CONFIG || join(homedir(), ".docker"), "config.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unreadable(path, message);
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw unreadable(path, "it is not valid JSON");
  }
  if (!isRecord(config)) throw unreadable(path, "it holds no object");
  const auths = isRecord(config.auths) ? config.auths : {};
  return {
    path,
    auths: Object.fromEntries(
      Object.entries(auths).map(([key, value]) => [key, isRecord(value) ? value : {}]),
    ),
    credHelpers: isRecord(config.credHelpers) ? config.credHelpers : {},
    credsStore: typeof config.credsStore === "string" ? config.credsStore : undefined,
  };
}

/** The key under which a configuration has a registry's credentials; undefined where it has none. */
export function credentialsKey(config: DockerConfig, host: string): string | undefined {
  const keys = DOCKER_HUB.includes(host)
    ? [DOCKER_HUB_KEY, ...DOCKER_HUB]
    : [host, `https://${host}`, `https://${host}/`, `http://${host}`];
  return keys.find(
    (key) => Object.hasOwn(config.credHelpers, key) || Object.hasOwn(config.auths, key),
  );
}

/** A registry that somebody has signed in to, and where that is written down. */
export interface SignedInRegistry {
  readonly address: string;
  readonly configFile: string;
}

/** Those registries of images that the docker command has credentials for: an update pulls with them, too. */
export function signedInRegistries(
  references: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): SignedInRegistry[] {
  const config = readDockerConfig(environment);
  if (config === undefined) return [];
  const hosts = new Set(references.map((reference) => locateImage(reference).host));
  return [...hosts]
    .filter((host) => credentialsKey(config, host) !== undefined)
    .sort()
    .map((address) => ({ address, configFile: config.path }));
}

// What the file holds is in no message.
function unreadable(path: string, reason: string): StackError {
  const what = `the docker command's configuration cannot be read: ${reason}`;
  return new StackError([
    { what, where: path, fix: "Mend it, or sign in anew with: docker login" },
  ]);
}
