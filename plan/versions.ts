/**
 * Compares dotted versions number by number: `580.95.05` with `580`, `28.2.0-rc.1` with `28.2`. What follows
 * the numbers does not count. A version without numbers, as own builds have, is taken for new enough.
 */
export function isOlder(version: string, floor: string): boolean {
  const [one, other] = [numbersOf(version), numbersOf(floor)];
  if (one === undefined || other === undefined) return false;
  for (let index = 0; index < Math.max(one.length, other.length); index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function numbersOf(version: string): number[] | undefined {
  return /^\d+(?:\.\d+)*/.exec(version)?.[0].split(".").map(Number);
}
