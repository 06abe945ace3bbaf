import { parseImageReference } from "../plan/imageReference";

/** No check takes longer, so that a network which swallows packets costs five seconds and no more. */
const LIMIT_MS = 5_000;

/** A registry that an image without a host in its name comes from. */
const DEFAULT_REGISTRY = "registry-1.docker.io";

/** Where a registry's API answers, by the image's name. */
export function registryUrl(image: string): string {
  const [host = ""] = (parseImageReference(image)?.repository ?? "").split("/");
  if (!/[.:]/.test(host) && host !== "localhost") return `https://${DEFAULT_REGISTRY}/v2/`;
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(host);
  return `${loopback ? "http" : "https"}://${host}/v2/`;
}

/** True when anything answers within five seconds; a registry's "401" is an answer. */
export async function answers(url: string, limitMs = LIMIT_MS): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "GET",
      signal: AbortSignal.timeout(limitMs),
      redirect: "manual",
    });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/** Asks every registry once, side by side. @returns images whose registry answers */
export async function reachableImages(images: readonly string[]): Promise<Set<string>> {
  const urls = [...new Set(images.map(registryUrl))];
  const answering = new Map(
    await Promise.all(urls.map(async (url) => [url, await answers(url)] as const)),
  );
  return new Set(images.filter((image) => answering.get(registryUrl(image)) === true));
}
