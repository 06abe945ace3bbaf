import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { HostConnection } from "../plan/settings";

/** What a socket's path may have, in bytes, without the NUL at its end. Source: Linux, include/uapi/linux/un.h. */
const LONGEST_PATH = 107;

/** ssh makes the socket under a name of its own first: a dot and 16 characters more. Source: OpenSSH's mux.c. */
const SSH_APPENDS = 17;

/** A path that neither ssh nor a shell takes for something else. */
const PLAIN = /^[\w./-]+$/;

/** Where every user may make folders. */
const SHARED_FOLDER = "/tmp";

/**
 * Path of the socket by which all that talks to a host shares one connection. It lies in a folder that nobody else can
 * enter: whoever can open the socket is on the host. The host's key is in the name, so that a connection which was made
 * under another key is never taken for this one.
 * @param shared stands in for /tmp in tests
 * @returns undefined where there is no such folder with a path that is short enough: then every command connects anew
 */
export function findControlPath(
  { address, port, user, hostKey, privateKeyFile = "" }: HostConnection,
  environment: NodeJS.ProcessEnv,
  shared = SHARED_FOLDER,
): string | undefined {
  const name = createHash("sha256")
    .update(JSON.stringify([address, port, user, hostKey, privateKeyFile]))
    .digest("hex")
    .slice(0, 16);
  return candidates(environment, shared)
    .filter((folder) => PLAIN.test(folder))
    .filter((folder) => Buffer.byteLength(join(folder, name)) + SSH_APPENDS <= LONGEST_PATH)
    .filter(isOwnFolder)
    .map((folder) => join(folder, name))[0];
}

function candidates({ XDG_RUNTIME_DIR: runtime }: NodeJS.ProcessEnv, shared: string): string[] {
  const inShared = join(shared, `aistack-${process.getuid?.()}`);
  // sudo may leave another user's there.
  return runtime !== undefined && isAbsolute(runtime) && isOwned(runtime)
    ? [join(runtime, "aistack"), inShared]
    : [inShared];
}

/** Makes the folder where it is not there. One that another user made, or a link to one, is not used. */
function isOwnFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") return false;
  }
  return isOwned(folder) && (lstatSync(folder).mode & 0o077) === 0;
}

function isOwned(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}
