import { locateImage } from "../plan/imageLocation";

/** No check takes longer, so that a network which swallows packets costs five seconds and no more. */
const LIMIT_MS = 5_000;

/** Where a registry's API answers, by the image's name. */
export function registryUrl(image: string): string {
  return locateImage(image).url;
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

/**
 * Asks every registry once, side by side.
 * @param ask whether a URL answers where the images are to be
 * @returns images whose registry answers
 */
export async function reachableImages(
  images: readonly string[],
  ask: (url: string) => Promise<boolean> = answers,
): Promise<Set<string>> {
  const urls = [...new Set(images.map(registryUrl))];
  const answering = new Map(
    await Promise.all(urls.map(async (url) => [url, await ask(url)] as const)),
  );
  return new Set(images.filter((image) => answering.get(registryUrl(image)) === true));
}
