import type { PortSpec } from "./containerSpec";
import { SPEC_LABEL } from "./drift";
import type { Problem } from "./errors";
import { gpuProblems } from "./gpuPlan";
import type { HostFacts, ListenerFacts } from "./hostFacts";
import { describeBuild } from "./imageRemedy";
import { chooseImage } from "./images";
import { type Ownership, objectsOf, UNKNOWN_OWNERSHIP, unknownObject } from "./ownership";
import type { ServicePlan, StackPlan } from "./plan";
import { formatBytes } from "./quantities";
import type { HostConnection } from "./settings";
import { engineFloorWarning } from "./versionFloors";

/** What is known of a model's file before anything is done with it. */
export interface ModelFileFacts {
  readonly path: string;
  readonly bytes: number;
}

/** Left free beside the models, for the engine's own needs. */
const RESERVED_BYTES = 512 * 1024 ** 2;

/**
 * Compares a plan with the host it is for: everything that would make an update fail half-way.
 * @param newModelFiles files of the models that the host does not have yet
 * @param ownership whose the objects are that have the plan's names
 * @param imagesToCome images that are not on the host are no problem: they are made ready afterwards
 */
export function checkHost(
  plan: StackPlan,
  facts: HostFacts,
  newModelFiles: readonly ModelFileFacts[],
  ownership: Ownership = UNKNOWN_OWNERSHIP,
  imagesToCome = false,
): Problem[] {
  const engine = engineProblem(facts, plan.host);
  // Without the engine nobody can tell whether a port is taken by our own container.
  if (engine !== undefined) return [engine];
  return [
    ...objectsOf("foreign", plan, facts, ownership.record).map(({ kind, name }) =>
      kind === "container" ? foreignContainer(name) : foreignNetwork(name),
    ),
    ...objectsOf("unknown", plan, facts, ownership.record).map((object) =>
      unknownObject(object, ownership),
    ),
    ...plan.services.flatMap((service) => portProblems(service, facts)),
    ...(imagesToCome
      ? []
      : plan.services.flatMap((service) => imageProblems(service, facts, plan.host))),
    ...gpuProblems(plan, facts.images),
    ...diskProblems(facts, newModelFiles),
  ];
}

/** What people should know before an update, one line each; none of it keeps the update from succeeding. */
export function warnOfHost(plan: StackPlan, { docker }: HostFacts): string[] {
  const engine = docker.state === "running" ? engineFloorWarning(docker.version) : undefined;
  return [...plan.warnings, ...(engine === undefined ? [] : [engine])];
}

/**
 * What keeps the engine from being used; undefined where it answers.
 * @param host the stack's, where that is another machine: aistack installs nothing there
 */
export function engineProblem(
  { docker }: Pick<HostFacts, "docker">,
  host?: HostConnection,
): Problem | undefined {
  const problem = problemOfEngine(docker);
  if (problem === undefined || host === undefined) return problem;
  const fix =
    docker.state === "absent"
      ? "On that host, start it with: systemctl start docker. Install it with: sudo apt-get install docker.io"
      : `On that host: ${problem.fix}`;
  return { ...problem, where: `docker on ${host.address}`, fix };
}

function problemOfEngine(docker: HostFacts["docker"]): Problem | undefined {
  switch (docker.state) {
    case "running":
      return undefined;
    case "absent":
      return {
        what: "no Docker engine runs on this host (its socket is not there)",
        where: "docker",
        fix: "Start it with: systemctl start docker. Install it with: ./install.sh",
      };
    case "denied":
      return {
        what: "this user may not use the Docker engine (no permission on its socket)",
        where: "docker",
        fix: "Run as root, or join the group docker and log in again: sudo usermod -aG docker $USER",
      };
    case "unasked":
      return {
        what: "the Docker engine cannot be asked, since there is no curl",
        where: "docker",
        fix: "sudo apt-get install curl",
      };
    case "down":
      return {
        what: "the Docker engine does not answer on its socket",
        where: "docker",
        fix: "Look at it with: systemctl status docker; start it with: systemctl restart docker",
      };
  }
}

/** An object that has our name, but was made by somebody else, is neither adopted nor replaced. */
export function foreignContainer(name: string): Problem {
  return {
    what: `a container ${name} is there that aistack did not make`,
    where: "docker",
    fix: `Rename it with: docker rename ${name} ${name}-old, remove it, or set aistack:namePrefix`,
  };
}

function foreignNetwork(name: string): Problem {
  return {
    what: `a network ${name} is there that aistack did not make`,
    where: "docker",
    fix: `Remove it with: docker network rm ${name}, or set aistack:namePrefix`,
  };
}

/** True for an object of the engine that does not carry our label. */
export function isForeign(
  seen: { readonly labels: Readonly<Record<string, string>> } | undefined,
): boolean {
  return seen !== undefined && seen.labels[SPEC_LABEL] === undefined;
}

function portProblems(service: ServicePlan, facts: HostFacts): Problem[] {
  const own = facts.containers.find((container) => container.name === service.container.name);
  return service.container.ports.flatMap((port) => {
    if (own?.ports.some((published) => isSamePort(published, port))) return [];
    const owner = portOwner(port, facts);
    if (owner === undefined) return [];
    return [
      {
        what: `port ${port.external} on ${port.ip} is in use by ${owner}`,
        where: `aistack:ports.${service.name}`,
        fix: `Stop it, or choose another port with aistack:ports: {${service.name}: PORT}`,
      },
    ];
  });
}

function isSamePort(published: { port: number; protocol: string }, port: PortSpec): boolean {
  return published.port === port.external && published.protocol === port.protocol;
}

function portOwner(port: PortSpec, facts: HostFacts): string | undefined {
  const container = facts.containers.find((candidate) =>
    candidate.ports.some(
      (published) => isSamePort(published, port) && overlaps(published.ip, port.ip),
    ),
  );
  if (container !== undefined) return `container ${container.name}`;
  // The probe lists TCP sockets alone.
  const listener = facts.listeners.find(
    (candidate) =>
      port.protocol === "tcp" &&
      candidate.port === port.external &&
      overlaps(candidate.address, port.ip),
  );
  return listener === undefined ? undefined : processOf(listener);
}

function processOf({ process }: ListenerFacts): string {
  return process === undefined
    ? "a process of another user (run as root to see which)"
    : `${process.name} (pid ${process.pid})`;
}

function overlaps(one: string, other: string): boolean {
  const any = new Set(["0.0.0.0", "*", "::", ""]);
  return any.has(one) || any.has(other) || one === other || one === `::ffff:${other}`;
}

function imageProblems(
  { name, image }: ServicePlan,
  facts: HostFacts,
  host: HostConnection | undefined,
): Problem[] {
  const chosen = chooseImage(image, facts.images);
  if (facts.images.has(chosen.name)) return [];
  if (image.source === "build" && !chosen.built) {
    const what = `no recipe builds an image of "${name}"`;
    const fix = "Choose another source for it, or leave it out of aistack:services";
    return [{ what, where: "aistack:images.source", fix }];
  }
  // The registry's image is pulled by the update itself.
  if (!chosen.built && image.source !== "archive") return [];
  const fix = chosen.built
    ? describeBuild({ name, image }, host)
    : "Load it with: ./aistack images load FILE";
  return [
    { what: `image ${chosen.name} is not on this host`, where: "aistack:images.source", fix },
  ];
}

function diskProblems(facts: HostFacts, files: readonly ModelFileFacts[]): Problem[] {
  const needed = files.reduce((sum, file) => sum + file.bytes, 0);
  if (needed === 0 || facts.freeBytes === undefined || needed + RESERVED_BYTES <= facts.freeBytes)
    return [];
  return [
    {
      what: `the models need ${formatBytes(needed)}, but only ${formatBytes(facts.freeBytes)} are free in ${facts.dataRoot}`,
      where: "aistack:models",
      fix: "Free some space (docker system df shows what the engine holds), or declare smaller models",
    },
  ];
}
