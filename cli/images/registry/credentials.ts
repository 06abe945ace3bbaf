import { credentialsKey, type DockerConfig } from "../../../host/dockerConfig";
import { execa } from "../../execa";
import { RegistryFault } from "./fault";

/** What a registry is signed in to with. Secrets: in no message. */
export type Credentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | { readonly kind: "token"; readonly token: string };

/** A helper that asks somebody would wait for ever. */
const HELPER_LIMIT_MS = 20_000;

/** What helpers answer for a registry that nobody signed in to. */
const NOT_FOUND = "credentials not found";

/** The user name in whose place helpers put a token for the password. */
const TOKEN_USER = "<token>";

/**
 * The credentials that `docker login` left for a registry.
 * @returns undefined where there are none
 * @throws RegistryFault where a helper fails
 */
export async function readCredentials(
  config: DockerConfig | undefined,
  host: string,
): Promise<Credentials | undefined> {
  const key = config === undefined ? undefined : credentialsKey(config, host);
  if (config === undefined || key === undefined) return undefined;
  const helper = config.credHelpers[key] ?? config.credsStore;
  if (typeof helper === "string") return askHelper(helper, key);
  const { auth, identitytoken } = config.auths[key] ?? {};
  if (typeof identitytoken === "string" && identitytoken !== "")
    return { kind: "token", token: identitytoken };
  if (typeof auth !== "string") return undefined;
  const decoded = Buffer.from(auth, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 0) return undefined;
  return {
    kind: "password",
    username: decoded.slice(0, colon),
    password: decoded.slice(colon + 1),
  };
}

/** Source of the protocol: docker/docker-credential-helpers: the registry by standard input, JSON back. */
async function askHelper(name: string, key: string): Promise<Credentials | undefined> {
  const ran = await execa(`docker-credential-${name}`, ["get"], {
    input: key,
    reject: false,
    timeout: HELPER_LIMIT_MS,
  });
  if (ran.exitCode !== 0) {
    if (ran.stdout.includes(NOT_FOUND)) return undefined;
    throw helperFault(name, ran.exitCode === undefined ? "cannot be run" : "fails");
  }
  let answer: { Username?: unknown; Secret?: unknown };
  try {
    answer = JSON.parse(ran.stdout);
  } catch {
    throw helperFault(name, "answers with what is no JSON");
  }
  const { Username: username, Secret: secret } = answer;
  if (typeof username !== "string" || typeof secret !== "string")
    throw helperFault(name, "answers without credentials");
  return username === TOKEN_USER
    ? { kind: "token", token: secret }
    : { kind: "password", username, password: secret };
}

function helperFault(name: string, how: string): RegistryFault {
  return new RegistryFault(
    "refused",
    `the credential helper docker-credential-${name} ${how}`,
    "Sign in anew with: docker login",
  );
}
