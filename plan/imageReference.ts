import { quote } from "./quote";

/** An image as a Compose file names it, taken apart. */
export interface ImageReference {
  /** registry and path, `ghcr.io/open-webui/open-webui` */
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:…` */
  readonly digest: string | undefined;
}

const REPOSITORY =
  /^(?:[a-zA-Z0-9]+(?:(?:\.|-+)[a-zA-Z0-9]+)*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Tags that move: what they name tomorrow is not what was tested today. */
const MOVING_TAGS = new Set(["latest", "main", "master", "edge", "nightly", "dev", "stable"]);

/** Takes `repository:tag@sha256:…` apart; undefined where it is no image reference. */
export function parseImageReference(reference: string): ImageReference | undefined {
  const [named = "", digest, ...more] = reference.split("@");
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const repository = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (!REPOSITORY.test(repository) || (tag !== undefined && !TAG.test(tag))) return undefined;
  return { repository, tag, digest };
}

/** What is wrong with an image reference, or undefined: it must name one version for good. */
export function imageReferenceFault(reference: string): string | undefined {
  const parsed = parseImageReference(reference);
  if (parsed === undefined)
    return `${quote(reference)} is not an image reference such as ollama/ollama:0.34.3`;
  if (parsed.digest !== undefined) return undefined;
  if (parsed.tag === undefined)
    return `${quote(reference)} names no version, so it means the moving tag latest. Name a version`;
  if (MOVING_TAGS.has(parsed.tag)) return `the tag "${parsed.tag}" moves. Name a version`;
  return undefined;
}
