import { accessHost, onHost } from "../../host/hostAccess";
import { type Problem, StackError } from "../../plan/errors";
import type { HostFacts } from "../../plan/hostFacts";
import { quoteForShell } from "../../plan/hostScript";
import { describeBuild } from "../../plan/imageRemedy";
import { chooseImage } from "../../plan/images";
import type { ServicePlan, StackPlan } from "../../plan/plan";
import type { HostConnection } from "../../plan/settings";
import { execa } from "../execa";
import { answers, reachableImages } from "../reachability";

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
  root: string,
  stack: string,
  plan: StackPlan,
  facts: Pick<HostFacts, "images">,
): Promise<MissingImages> {
  const missing = plan.services.filter(
    ({ image }) => !facts.images.has(chooseImage(image, facts.images).name),
  );
  const asked = missing
    .filter(({ image }) => image.source === "auto")
    .map(({ image }) => image.registryName);
  const reachable = await reachableImages(asked, askFrom(root, stack, plan.host));
  const toBuild = missing.filter(
    ({ image }) =>
      image.source === "build" || (image.source === "auto" && !reachable.has(image.registryName)),
  );
  const impossible = toBuild.filter(({ image }) => image.builtName === undefined);
  const elsewhere =
    plan.host === undefined ? [] : toBuild.filter((one) => !impossible.includes(one));
  const problems = [...impossible.map(cannotBeHad(plan)), ...elsewhere.map(builtElsewhere(plan))];
  if (problems.length > 0) throw new StackError(problems);
  return { count: missing.length, toBuild };
}

const cannotBeHad =
  (plan: StackPlan) =>
  ({ name, image }: ServicePlan): Problem => {
    const others = plan.services.map((service) => service.name).filter((other) => other !== name);
    const without =
      others.length === 0 ? "" : `, or do without: aistack:services: [${others.join(", ")}]`;
    return {
      what: `image ${image.registryName} is not on ${placeOf(plan)}, its registry does not answer, and no recipe builds it`,
      where: `aistack:images: ${name}`,
      fix: `Load it with: ./aistack images load FILE${without}`,
    };
  };

/** What is built is built for this machine's engine. */
const builtElsewhere =
  ({ host }: StackPlan) =>
  ({ name, image }: ServicePlan): Problem => ({
    what: `image ${image.registryName} is not on ${host?.address}, and ${image.source === "build" ? "what is built is built on this machine" : "no registry answers there"}`,
    where: `aistack:images: ${name}`,
    fix: describeBuild({ name, image }, host),
  });

const placeOf = ({ host }: StackPlan) => host?.address ?? "this host";

/** Whether a URL answers where the images are to be: the two may be on networks that are closed in different ways. */
function askFrom(
  root: string,
  stack: string,
  host: HostConnection | undefined,
): (url: string) => Promise<boolean> {
  if (host === undefined) return answers;
  const access = accessHost(root, stack, host);
  return async (url) => {
    const ask = `curl --silent --output /dev/null --max-time 5 ${quoteForShell(url)}`;
    const ran = await execa(onHost(access, ask), { cwd: root, shell: true, reject: false });
    return ran.exitCode === 0;
  };
}
