import { distance } from "fastest-levenshtein";

/**
 * The accepted word nearest to a mistyped one, when it is near enough to be meant.
 * @returns undefined where a guess would mislead more than help
 */
export function nearest(word: string, accepted: readonly string[]): string | undefined {
  // Two letters swapped, the commonest slip, are a distance of two.
  const limit = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of accepted) {
    const found = distance(word.toLowerCase(), candidate.toLowerCase());
    if (found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

/** The remedy for an unknown word: a guess where there is a good one, and always what is accepted. */
export function suggest(word: string, accepted: readonly string[]): string {
  const guess = nearest(word, accepted);
  const list = `Accepted: ${accepted.join(", ")}`;
  return guess === undefined ? list : `Did you mean "${guess}"? ${list}`;
}
