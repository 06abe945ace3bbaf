import { DOCKER_HUB, type ImageLocation, isLoopback } from "../../../plan/imageLocation";
import { isRecord } from "../../../plan/yamlDocument";
import { type Challenge, parseChallenges } from "./challenge";
import type { Credentials } from "./credentials";
import { type Answer, exchange, PATIENCE, type Patience } from "./exchange";
import { RegistryFault } from "./fault";

export interface ClientOptions {
  /** what a registry is signed in to with; undefined: anonymously */
  readonly credentials: (host: string) => Promise<Credentials | undefined>;
  readonly patience?: Patience;
}

/**
 * Asks registries by the OCI distribution specification (and the token protocol of the docker registry), for reading
 * alone. Remembers how it signed in to each repository.
 */
export class RegistryClient {
  readonly #credentials: ClientOptions["credentials"];
  readonly #patience: Patience;
  /** value of the Authorization header by registry and repository */
  readonly #authorizations = new Map<string, string>();

  constructor({ credentials, patience = PATIENCE }: ClientOptions) {
    this.#credentials = credentials;
    this.#patience = patience;
  }

  /**
   * Asks for what stands at a path of a repository.
   * @param path `manifests/1.0`, `blobs/sha256:…`
   * @throws RegistryFault where that cannot be had
   */
  async read(
    location: ImageLocation,
    method: "GET" | "HEAD",
    path: string,
    accept: string,
  ): Promise<Answer> {
    const key = `${location.host}/${location.repository}`;
    const ask = () => {
      const authorization = this.#authorizations.get(key);
      return exchange(
        {
          url: `${location.url}${location.repository}/${path}`,
          method,
          headers: { accept, ...(authorization === undefined ? {} : { authorization }) },
        },
        this.#patience,
      );
    };
    let answer = await ask();
    if (answer.status === 401) {
      this.#authorizations.set(key, await this.#signIn(location, answer));
      answer = await ask();
    }
    if (answer.status === 401 || answer.status === 403)
      throw refused(location, await this.#credentials(location.host));
    if (answer.status === 404) {
      const what = `${location.host} has no ${location.repository} ${path.split("/").at(-1)}`;
      throw new RegistryFault("absent", what, "See whether the name and the version are right");
    }
    if (answer.status !== 200) {
      const what = `${location.host} answers with HTTP ${answer.status}`;
      throw new RegistryFault("unreachable", what, "Run it again once the registry answers");
    }
    return answer;
  }

  async #signIn(location: ImageLocation, answer: Answer): Promise<string> {
    const challenges = parseChallenges(answer.headers.get("www-authenticate") ?? "");
    const credentials = await this.#credentials(location.host);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer !== undefined) return `Bearer ${await this.#token(location, bearer, credentials)}`;
    const basic = challenges.some(({ scheme }) => scheme === "basic");
    if (!basic || credentials?.kind !== "password") throw refused(location, credentials);
    return basicAuthorization(credentials.username, credentials.password);
  }

  /** Source: distribution/distribution, docs/content/spec/auth/token.md and oauth.md. */
  async #token(
    location: ImageLocation,
    { parameters }: Challenge,
    credentials: Credentials | undefined,
  ): Promise<string> {
    const realm = parseRealm(parameters.realm, location);
    const scope = parameters.scope ?? `repository:${location.repository}:pull`;
    const asked = { ...(parameters.service ? { service: parameters.service } : {}), scope };
    const answer =
      credentials?.kind === "token"
        ? await exchange(
            {
              url: realm.href,
              method: "POST",
              headers: { "content-type": "application/x-www-form-urlencoded" },
              body: new URLSearchParams({
                ...asked,
                grant_type: "refresh_token",
                client_id: "aistack",
                refresh_token: credentials.token,
              }).toString(),
            },
            this.#patience,
          )
        : await exchange(
            {
              url: withQuery(realm, asked),
              method: "GET",
              headers:
                credentials === undefined
                  ? {}
                  : {
                      authorization: basicAuthorization(credentials.username, credentials.password),
                    },
            },
            this.#patience,
          );
    if (answer.status === 401 || answer.status === 403) throw refused(location, credentials);
    const token = answer.status === 200 ? tokenOf(answer.body) : undefined;
    if (token === undefined) {
      const what = `${realm.host}, which signs in for ${location.host}, gives no token (HTTP ${answer.status})`;
      throw new RegistryFault("unreachable", what, "Run it again once it answers");
    }
    return token;
  }
}

function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** Credentials are sent there, so never without TLS, but for a registry on this machine. */
function parseRealm(realm: string | undefined, { host }: ImageLocation): URL {
  const url = realm === undefined || !URL.canParse(realm) ? undefined : new URL(realm);
  const safe =
    url?.protocol === "https:" ||
    (url?.protocol === "http:" && isLoopback(host) && isLoopback(url.host));
  if (url !== undefined && safe) return url;
  throw new RegistryFault(
    "invalid",
    `${host} wants its users to sign in where that is not encrypted`,
    "Tell whoever runs the registry",
  );
}

function withQuery(url: URL, parameters: Readonly<Record<string, string>>): string {
  const asked = new URL(url);
  for (const [name, value] of Object.entries(parameters)) asked.searchParams.set(name, value);
  return asked.href;
}

function tokenOf(body: Buffer): string | undefined {
  try {
    const answer: unknown = JSON.parse(body.toString("utf8"));
    const token = isRecord(answer) ? (answer.token ?? answer.access_token) : undefined;
    return typeof token === "string" && token !== "" ? token : undefined;
  } catch {
    return undefined;
  }
}

function refused(
  { host, repository }: ImageLocation,
  credentials: Credentials | undefined,
): RegistryFault {
  const who = credentials === undefined ? "whoever has not signed in" : "the credentials";
  return new RegistryFault(
    "refused",
    `${host} refuses ${who} for ${repository}`,
    `See whether the name is right, and sign in with: docker login${host === DOCKER_HUB ? "" : ` ${host}`}`,
  );
}
