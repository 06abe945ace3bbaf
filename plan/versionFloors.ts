import type { Problem } from "./errors";
import { parseImageReference } from "./imageReference";
import type { ImagePlan } from "./images";
import data from "./versionFloors.json";
import { compareVersions, parseVersion, type Version } from "./versions";

/** A flaw that a version has, and the version that is free of it. */
export interface Advisory {
  /** `CVE-2026-7482`, or the vendor's own name where there is no CVE */
  readonly id: string;
  readonly link: string;
  /** the first version that has it; absent: every one before `fixedIn` */
  readonly since?: string;
  readonly fixedIn: string;
  /** what it lets happen, as the end of a sentence */
  readonly what: string;
}

/** What is known of a component's old versions. */
export interface VersionFloor {
  /** service of the Compose files, `nvidia-container-toolkit`, or `docker` */
  readonly component: string;
  /** name for people */
  readonly title: string;
  /** `refuse`: it is not run; `warn`: it is told */
  readonly action: "refuse" | "warn";
  /** the newest first */
  readonly advisories: readonly Advisory[];
}

/** The table of docs/version-floors.md; `checked` is the day on which the advisories were last gone through. */
export const VERSION_FLOORS = data as {
  readonly checked: string;
  readonly floors: readonly VersionFloor[];
};

/** What the table says of a component that it is known to have. */
export function findFloor(component: string): VersionFloor {
  const floor = VERSION_FLOORS.floors.find((candidate) => candidate.component === component);
  if (floor === undefined) throw new Error(`${component} has no floor`);
  return floor;
}

/** The first version without any of the listed flaws. */
export function floorOf({ advisories }: VersionFloor): string {
  return advisories
    .map(({ fixedIn }) => fixedIn)
    .reduce((highest, next) => (compareVersions(known(next), known(highest)) > 0 ? next : highest));
}

/** The flaws that a component's version has; none where nothing is known of the component or the text is no version. */
export function advisoriesOf(component: string, version: string): readonly Advisory[] {
  const parsed = parseVersion(version);
  const floor = VERSION_FLOORS.floors.find((candidate) => candidate.component === component);
  if (parsed === undefined || floor === undefined) return [];
  return floor.advisories.filter(
    ({ since, fixedIn }) =>
      compareVersions(parsed, known(fixedIn)) < 0 &&
      (since === undefined || compareVersions(parsed, known(since)) >= 0),
  );
}

/** `ollama 0.16.0 is below 0.17.1: anybody … (CVE-2026-7482)`; undefined where nothing is wrong with the version. */
export function describeFloor(component: string, version: string): string | undefined {
  const [first, ...others] = advisoriesOf(component, version);
  if (first === undefined) return undefined;
  const further = others.length === 0 ? "" : ` and ${others.map(({ id }) => id).join(", ")}`;
  return `${component} ${version} is below ${first.fixedIn}: ${first.what} (${first.id}${further})`;
}

/** What is wrong with the images of services, by their versions. */
export interface FloorFindings {
  readonly problems: readonly Problem[];
  /** lines for people: what runs although it is below its floor, and what could not be told */
  readonly warnings: readonly string[];
}

/** An image that a service may run. */
export interface CheckedImage extends Pick<ImagePlan, "service" | "reference"> {
  /** the kind of GPU in whose place it is; absent: the plain image */
  readonly variant?: string;
}

/**
 * Holds the images of services against their floors.
 * @param allowed services that may run below it, as the settings say
 * @param overridden services whose image the settings name
 */
export function checkImageFloors(
  images: readonly CheckedImage[],
  allowed: readonly string[],
  overridden: ReadonlySet<string>,
): FloorFindings {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const { service, reference, variant } of images) {
    const floor = VERSION_FLOORS.floors.find(({ component }) => component === service);
    if (floor === undefined) continue;
    const version = parseImageReference(reference)?.tag ?? "";
    if (parseVersion(version) === undefined) {
      warnings.push(
        `the version of ${reference} cannot be told from its tag: make sure that it is ${floorOf(floor)} or newer`,
      );
      continue;
    }
    const found = describeFloor(service, version);
    if (found === undefined) continue;
    if (allowed.includes(service)) {
      warnings.push(`${found}. It runs because aistack:images.allowBelowFloor names ${service}`);
    } else {
      problems.push({
        what: found,
        where: overridden.has(service)
          ? `aistack:images.overrides.${service}`
          : `services.${service}.${variant === undefined ? "image" : `x-aistack.variants.${variant}`}`,
        fix: `Name ${floorOf(floor)} or newer. To run it all the same, set aistack:images.allowBelowFloor: [${service}]`,
      });
    }
  }
  return { problems, warnings };
}

/** The line that an engine's version deserves; undefined where it is new enough. */
export function engineFloorWarning(version: string): string | undefined {
  const found = describeFloor("docker", version);
  return found === undefined
    ? undefined
    : `${found}. Update the engine, or keep the host on a network that you trust`;
}

/** The table's own versions are checked by a test. */
function known(version: string): Version {
  const parsed = parseVersion(version);
  if (parsed === undefined) throw new Error(`${version} in the table of floors is no version`);
  return parsed;
}
