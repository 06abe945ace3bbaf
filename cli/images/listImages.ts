import { HostNotReadyError } from "../../plan/errors";
import { chooseImage, originOf } from "../../plan/images";
import { engineProblem } from "../../plan/preflight";
import { lookAtHost, planFromCheckout } from "../observe";

/** A service's image on a stack's host. */
export interface ListedImage {
  readonly service: string;
  /** as the Compose file or the settings name it */
  readonly reference: string;
  /** null where nothing binds the reference yet */
  readonly digest: string | null;
  /** the name under which it runs on this host */
  readonly name: string;
  readonly present: boolean;
  /** the engine's, null where it does not have the image */
  readonly id: string | null;
  readonly source: "registry" | "archive" | "build";
}

/** @throws StackError where the configuration is wrong, HostNotReadyError where the host's engine does not answer */
export async function listImages(root: string, stack: string): Promise<ListedImage[]> {
  const { plan, facts } = await lookAtHost(root, stack, planFromCheckout(root, stack));
  const problem = engineProblem(facts, plan.host);
  if (problem !== undefined) throw new HostNotReadyError([problem]);
  return plan.services.map(({ name: service, image }) => {
    const chosen = chooseImage(image, facts.images);
    const id = facts.images.get(chosen.name);
    return {
      service,
      reference: image.reference,
      digest: image.digest ?? null,
      name: chosen.name,
      present: id !== undefined,
      id: id ?? null,
      source: originOf(image, chosen),
    };
  });
}

const TITLES = ["SERVICE", "IMAGE", "DIGEST", "ON THE HOST", "FROM"];

/** A table for people, digests and ids short. */
export function formatImages(images: readonly ListedImage[]): string {
  const short = (hash: string | null) => hash?.slice(0, "sha256:".length + 12) ?? "none";
  const rows = images.map(({ service, reference, digest, id, source }) => [
    service,
    reference,
    short(digest),
    id === null ? "no" : short(id),
    source,
  ]);
  const widths = TITLES.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [TITLES, ...rows]
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
