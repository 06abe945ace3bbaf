import { chownSync, mkdirSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import type { AgentConfig } from "../../plan/agentConfig";

type Paths = AgentConfig["paths"];

/**
 * Root that runs by hand what the host's units run goes on as their account, the owner of the folder that they
 * write to: a file of root's own would lock the units out for good. Nothing changes for other users, and
 * where the folder is root's.
 * @param prepare what must be done before, such as loading what the account may not be able to read
 */
export async function becomeAccount(
  paths: Paths,
  prepare: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  const account = process.geteuid?.() === 0 ? ownerOfState(paths) : undefined;
  if (account === undefined || account.uid === 0) return;
  await prepare();
  process.setgroups?.([account.gid]);
  process.setgid?.(account.gid);
  process.setuid?.(account.uid);
}

/**
 * The folder of the agent's socket, which systemd makes for the unit (RuntimeDirectory, which takes over one that
 * is there) and nobody for an agent that is run by hand. Where it cannot be made, the socket tells.
 */
export function ensureSocketFolder(paths: Paths): void {
  const folder = dirname(paths.socket);
  try {
    mkdirSync(folder, { mode: 0o750 });
  } catch {
    // It is there already, or this user may not make it.
    return;
  }
  const account = process.geteuid?.() === 0 ? ownerOfState(paths) : undefined;
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
}

function ownerOfState(paths: Paths): Stats | undefined {
  return statSync(dirname(paths.idle), { throwIfNoEntry: false });
}
