/**
 * Compares dotted versions number by number: `580.95.05` with `580`, `28.2.0-rc.1` with `28.2`. What follows the
 * numbers does not count, since a release candidate can do what its release can; for flaws compareVersions is asked, where
 * it does. A version without numbers, as own builds have, is taken for new enough.
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

/** A version taken apart: `v4.10.0-gpu-nvidia-cuda-12` → [4, 10, 0]. */
export interface Version {
  readonly numbers: readonly number[];
  /** a release candidate, beta and the like comes before the release of its number */
  readonly preRelease: boolean;
}

/** As vendors, distributions and image tags write versions: `0.17.1`, `v4.10.0-gpu-vulkan`, `20.10.24+dfsg1`, `28.2`. */
const VERSION = /^v?(\d{1,9}(?:\.\d{1,9}){1,3})(?:[-+~_](.*))?$/;

/** A suffix that names an earlier state of the same version; any other (`rocm`, `dfsg1`) names a variant of it. */
const PRE_RELEASE = /^(?:rc|alpha|beta|pre|dev)(?![a-z])/i;

/** Takes a version apart; undefined where the text is none. */
export function parseVersion(text: string): Version | undefined {
  const [, numbers, suffix = ""] = VERSION.exec(text) ?? [];
  if (numbers === undefined) return undefined;
  return { numbers: numbers.split(".").map(Number), preRelease: PRE_RELEASE.test(suffix) };
}

/** Negative where `one` comes before `other`, 0 where they are the same version; a release candidate comes before its release. */
export function compareVersions(one: Version, other: Version): number {
  const length = Math.max(one.numbers.length, other.numbers.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (one.numbers[index] ?? 0) - (other.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(other.preRelease) - Number(one.preRelease);
}
