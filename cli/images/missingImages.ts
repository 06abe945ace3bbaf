import { type Problem, StackError } from "../../plan/errors";
import type { HostFacts } from "../../plan/hostFacts";
import { chooseImage } from "../../plan/images";
import type { ServicePlan, StackPlan } from "../../plan/plan";
import { reachableImages } from "../reachability";

/** Images that a host does not have yet, by where they come from. */
export interface MissingImages {
  readonly count: number;
  /** the rest is pulled by the update itself */
  readonly toBuild: readonly ServicePlan[];
}

/**
 * A registry that answers is left to the update itself; where none does, images are built here.
 * @param plan as the host's GPUs have it: they decide which images it needs
 * @throws StackError with every image that cannot be had
 */
export async function findMissingImages(
  plan: StackPlan,
  facts: Pick<HostFacts, "images">,
): Promise<MissingImages> {
  const missing = plan.services.filter(
    ({ image }) => !facts.images.has(chooseImage(image, facts.images).name),
  );
  const asked = missing
    .filter(({ image }) => image.source === "auto")
    .map(({ image }) => image.registryName);
  const reachable = await reachableImages(asked);
  const toBuild = missing.filter(
    ({ image }) =>
      image.source === "build" || (image.source === "auto" && !reachable.has(image.registryName)),
  );
  const impossible = toBuild.filter(({ image }) => image.builtName === undefined);
  if (impossible.length > 0) throw new StackError(impossible.map(cannotBeHad(plan)));
  return { count: missing.length, toBuild };
}

const cannotBeHad =
  (plan: StackPlan) =>
  ({ name, image }: ServicePlan): Problem => {
    const others = plan.services.map((service) => service.name).filter((other) => other !== name);
    return {
      what: `image ${image.registryName} is not on this host, its registry does not answer, and no recipe builds it`,
      where: `aistack:images: ${name}`,
      fix: `Load it with: ./aistack images load FILE, or do without: aistack:services: [${others.join(", ")}]`,
    };
  };
