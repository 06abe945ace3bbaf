import { createHash } from "node:crypto";
import { dockerCommand } from "../../../host/dockerCommand";
import type { HostAccess } from "../../../host/hostAccess";
import { isRecord } from "../../../plan/yamlDocument";
import { execa } from "../../execa";

/** What an image is, told in ways that do not depend on the engine that keeps it. */
export interface ImageIdentity {
  readonly id: string;
  readonly layers: readonly string[];
  readonly configuration: string;
}

/** An image as a host's engine has it. */
export interface HostImage extends ImageIdentity {
  readonly bytes: number;
  readonly architecture: string;
}

/** `docker …` on a host. @throws Error of execa where it fails */
export async function runDocker(access: HostAccess, ...args: readonly string[]): Promise<string> {
  const command = dockerCommand(access, ...args);
  return (await execa(command.file, command.args)).stdout;
}

/** Looks an image up. @returns undefined where the engine does not have it */
export async function inspectImage(
  access: HostAccess,
  name: string,
): Promise<HostImage | undefined> {
  const command = dockerCommand(access, "image", "inspect", name);
  const ran = await execa(command.file, command.args, { reject: false });
  if (ran.exitCode !== 0) return undefined;
  return readInspection((JSON.parse(ran.stdout) as unknown[])[0]);
}

/** What of an image's configuration decides how it is run; the rest tells how it was made. */
const RUN_FIELDS = [
  "Cmd",
  "Entrypoint",
  "Env",
  "ExposedPorts",
  "Healthcheck",
  "Labels",
  "Shell",
  "StopSignal",
  "User",
  "Volumes",
  "WorkingDir",
];

/** Source: Docker Engine API 1.41 to 1.51, GET /images/{name}/json. */
export function readInspection(inspected: unknown): HostImage {
  const image = isRecord(inspected) ? inspected : {};
  const config = isRecord(image.Config) ? image.Config : {};
  const rootFs = isRecord(image.RootFS) ? image.RootFS : {};
  const run = Object.fromEntries(RUN_FIELDS.map((field) => [field, config[field]]));
  return {
    id: String(image.Id),
    layers: (rootFs.Layers as string[] | undefined) ?? [],
    configuration: createHash("sha256")
      .update(canonical({ ...run, Os: image.Os, Architecture: image.Architecture }))
      .digest("hex"),
    bytes: Number(image.Size),
    architecture: String(image.Architecture),
  };
}

/** Engines leave empty values out, or write them as null, as they like. */
function canonical(value: unknown): string {
  if (!isRecord(value)) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, item]) => !isEmpty(item))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
  return `{${entries.join(",")}}`;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && isEmptyRecord(value);
}

function isEmptyRecord(value: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(value).length === 0;
}

/** Whether two images are the same, though different kinds of image stores may have different ids for it. */
export function isSameImage(one: ImageIdentity, other: ImageIdentity): boolean {
  if (one.id === other.id) return true;
  return (
    one.layers.length > 0 &&
    one.layers.join() === other.layers.join() &&
    one.configuration === other.configuration
  );
}

/** Removes names that were only there for an archive. An image that has no other name goes with its last one. */
export async function untag(access: HostAccess, labels: readonly string[]): Promise<void> {
  for (const label of new Set(labels)) {
    const command = dockerCommand(access, "image", "rm", label);
    // Where it is not there, nothing is left to do.
    await execa(command.file, command.args, { reject: false });
  }
}
