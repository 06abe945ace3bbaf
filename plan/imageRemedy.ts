import type { ServicePlan } from "./plan";
import type { HostConnection } from "./settings";

/**
 * How the image of a service that is built comes to its host.
 * @param host the stack's, where that is another machine: a build is for this machine's engine
 */
export function describeBuild(
  { name, image }: Pick<ServicePlan, "name" | "image">,
  host: HostConnection | undefined,
): string {
  const build = `./aistack images build ${name}`;
  if (host === undefined) return `Build it with: ${build}`;
  const port = host.port === 22 ? "" : `-p ${host.port} `;
  return `On a machine of that host's architecture: ${build}, then: docker save ${image.builtName} | ssh ${port}${host.user}@${host.address} docker load`;
}
