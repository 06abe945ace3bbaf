import { parseImageReference } from "./imageReference";

/** Where an image's reference points to. */
export interface ImageLocation {
  /** `registry-1.docker.io`, `127.0.0.1:5000` */
  readonly host: string;
  /** address of the registry's API, with a slash at its end */
  readonly url: string;
  /** path of the repository in the registry, `library/debian` */
  readonly repository: string;
  /** its digest, else its tag */
  readonly target: string;
}

export const DOCKER_HUB = "registry-1.docker.io";
const DOCKER_HUB_NAMES = ["docker.io", "index.docker.io", DOCKER_HUB];

/** Only a registry on this machine may be spoken to without TLS. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3})(?::\d+)?$/.test(host);
}

/** The registry and repository of a reference, by the docker command's own rules. */
export function locateImage(reference: string): ImageLocation {
  const { repository = "", tag, digest } = parseImageReference(reference) ?? {};
  const slash = repository.indexOf("/");
  const first = repository.slice(0, Math.max(slash, 0));
  const named = /[.:]/.test(first) || first === "localhost";
  const host = !named || DOCKER_HUB_NAMES.includes(first) ? DOCKER_HUB : first;
  const path = named ? repository.slice(slash + 1) : repository;
  return {
    host,
    url: `${isLoopback(host) ? "http" : "https"}://${host}/v2/`,
    // Docker Hub's own images stand in a folder that nobody writes.
    repository: host === DOCKER_HUB && !path.includes("/") ? `library/${path}` : path,
    target: digest ?? tag ?? "latest",
  };
}
