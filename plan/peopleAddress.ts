import { inUrl } from "./naming";
import type { ServicePlan } from "./plan";
import type { HostConnection } from "./settings";

/**
 * Where people find a service, in words: what is a service's own loopback on another machine is nobody, or somebody else's
 * service, on theirs.
 * @param host the stack's, where that is another machine
 */
export function addressForPeople(
  { endpoint, container }: Pick<ServicePlan, "endpoint" | "container">,
  host: HostConnection | undefined,
): string {
  if (host === undefined) return endpoint;
  const { port } = new URL(endpoint);
  const external = Number(port || "80");
  const published = container.ports.find((candidate) => candidate.external === external)?.ip;
  if (published === "0.0.0.0") return `http://${inUrl(host.address)}:${external}`;
  return published === "127.0.0.1" ? `${endpoint} on ${host.address}` : endpoint;
}

/**
 * How services that only their own host reaches are reached from here; nothing where all can be reached, or the host is
 * this machine.
 */
export function describeForwarding(
  services: readonly ServicePlan[],
  host: HostConnection | undefined,
): string[] {
  if (host === undefined) return [];
  const forwards = services.flatMap(({ container }) =>
    container.ports
      .filter(({ ip, protocol }) => ip === "127.0.0.1" && protocol === "tcp")
      .map(({ external }) => `-L ${external}:127.0.0.1:${external}`),
  );
  if (forwards.length === 0) return [];
  const port = host.port === 22 ? "" : `-p ${host.port} `;
  return [`ssh -N ${port}${forwards.join(" ")} ${host.user}@${host.address}`];
}
