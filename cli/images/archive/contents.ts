import * as z from "zod";
import { parseImageReference } from "../../../plan/imageReference";
import { loadedImageName } from "../../../plan/images";

const OWN_REGISTRY = "aistack.invalid/";

/*
 * What `aistack images save` writes into an archive beside the images, so that `load` can tell whether it got what was
 * saved. A format that others read: a change of it is a new version.
 */

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const reference = z.string().refine((value) => parseImageReference(value) !== undefined);

/** In a repository that no registry answers for: an archive names nothing else on a host. */
const ownName = reference.refine((value) => value.startsWith(OWN_REGISTRY));

const savedImage = z.strictObject({
  service: z.string(),
  /** as the Compose file or the settings name it */
  reference,
  /** what bound the reference where it was saved; null where nothing did */
  digest: digest.nullable(),
  /** the name of an image that was built by aistack's own recipe; null for one of a registry's */
  built: ownName.nullable(),
  /** the name that it has in the archive */
  label: ownName,
  /** the saving engine's; another kind of image store has another id for the same image */
  id: digest,
  /** hashes of its layers' content, the same in every store */
  layers: z.array(digest),
  /** hash of how it is run, the same in every store */
  configuration: hash,
});

const contents = z.strictObject({
  format: z.literal("aistack-images"),
  version: z.literal(1),
  stack: z.string(),
  /** `amd64`, `arm64` */
  architecture: z.string(),
  images: z.array(savedImage).min(1),
  /** the engine's own archive, the second member */
  archive: z.strictObject({ bytes: z.number().int().positive(), sha256: hash }),
});

export type SavedImage = z.infer<typeof savedImage>;
export type ArchiveContents = z.infer<typeof contents>;

/** The name of an image within an archive, and on a host until it is known to be the one that was saved. */
export function labelOf(id: string): string {
  return `${OWN_REGISTRY}archive:${id.slice("sha256:".length, "sha256:".length + 16)}`;
}

/** The name under which a plan looks for a loaded image. */
export function finalName({ reference, digest, built }: SavedImage): string {
  if (built !== null) return built;
  return digest === null ? reference : loadedImageName(reference, digest);
}

/** Reads what an archive says that it holds; undefined where that is of no known form. */
export function parseContents(text: string): ArchiveContents | undefined {
  try {
    const parsed = contents.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
