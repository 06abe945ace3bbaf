import { quoteForShell } from "../plan/hostScript";
import type { HostAccess } from "./hostAccess";

/** What decides whose engine is asked. */
export type EngineAccess = Pick<HostAccess, "dockerHost" | "ssh">;

/**
 * The command line of `docker …` for the engine of a stack's host. Here the engine is named, since the command's own
 * choice (`docker context use`, DOCKER_CONTEXT) may be another one than the plan's; there the host's docker command
 * finds its own.
 */
export function dockerCommand(
  { dockerHost, ssh }: EngineAccess,
  ...args: readonly string[]
): { file: string; args: string[] } {
  return ssh === undefined
    ? { file: "docker", args: ["--host", dockerHost, ...args] }
    : // A shell at the other end takes the words apart again.
      { file: "ssh", args: [...ssh, ["docker", ...args].map(quoteForShell).join(" ")] };
}
