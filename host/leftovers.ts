import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OperationError } from "../plan/errors";
import { quoteForShell } from "../plan/hostScript";
import type { NamedObject } from "../plan/ownership";
import type { StackPlan } from "../plan/plan";
import { runBounded } from "./boundedCommand";
import { type HostAccess, onHost } from "./hostAccess";
import { dockerSocket } from "./probe";

const SCRIPT = "assets/shell/remove-leftover.sh";

/** Beyond a container's grace period. */
const LIMIT_MS = 180_000;

/**
 * Removes what an interrupted update has left on a host, each object by its id, so that what is made anew can take its
 * name. A container has its grace period to end.
 * @throws OperationError where the engine refuses
 */
export async function removeLeftovers(
  root: string,
  access: HostAccess,
  { services }: Pick<StackPlan, "services">,
  leftovers: readonly NamedObject[],
): Promise<void> {
  // In their order: a network goes after the containers in it.
  for (const object of leftovers) {
    const service = services.find(({ container }) => container.name === object.name);
    await removeLeftover(root, access, object, service?.container.destroyGraceSeconds ?? 0);
  }
}

async function removeLeftover(
  root: string,
  access: HostAccess,
  { kind, name, id }: NamedObject,
  graceSeconds: number,
): Promise<void> {
  const environment = {
    DOCKER_SOCKET: dockerSocket(access),
    KIND: kind,
    ID: id,
    GRACE: String(graceSeconds),
  };
  const variables = Object.entries(environment)
    .map(([key, value]) => `export ${key}=${quoteForShell(value)}\n`)
    .join("");
  const input = `${variables}${readFileSync(join(root, SCRIPT), "utf8")}`;
  const limitMs = LIMIT_MS + graceSeconds * 1000;
  const ran = await runBounded("sh", ["-c", onHost(access, "sh -s")], { input, limitMs });
  if (ran.code === 0) return;
  const said = ran.stderr.trim().split("\n").at(-1) ?? "";
  const what = `${kind} ${name}, which an interrupted update has left, cannot be removed: ${ran.timedOut ? "the engine does not answer" : said}`;
  const remove = kind === "container" ? "docker rm --force" : "docker network rm";
  throw new OperationError([{ what, where: "docker", fix: `Remove it with: ${remove} ${name}` }]);
}
