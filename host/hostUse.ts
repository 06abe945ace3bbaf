import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentConfig } from "../plan/agentConfig";
import type { ServiceConnection } from "../plan/idleDecision";
import { type LoginSession, parseLoginSession } from "../plan/loginSession";
import { parseEstablished } from "../plan/tcpTable";
import { procFolder, runFolder } from "./systemFolders";

const SSH_PORT = 22;

export interface HostConnections {
  readonly services: readonly ServiceConnection[];
  readonly ssh: number;
}

/**
 * Who is connected to the services that infer, and over SSH. Source: /proc/net/tcp and tcp6, which know
 * of this host's own sockets: also those of Docker's port proxy, which serves loopback, but neither of
 * traffic among containers nor of clients on the network, whom the kernel hands to a container directly.
 */
export function readConnections(services: AgentConfig["services"]): HostConnections {
  const names = new Map(
    services
      .filter(({ kind }) => kind === "inference")
      .map(({ name, url }) => [Number(new URL(url).port || 80), name]),
  );
  const connections = ["tcp", "tcp6"].flatMap((table) => parseEstablished(readTable(table)));
  return {
    services: connections.flatMap(({ localPort, peer }) => {
      const service = names.get(localPort);
      return service === undefined ? [] : [{ service, peer }];
    }),
    ssh: connections.filter(({ localPort }) => localPort === SSH_PORT).length,
  };
}

function readTable(name: string): string {
  try {
    return readFileSync(join(procFolder(), "net", name), "utf8");
  } catch (error) {
    // A host without IPv6 has no tcp6.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/**
 * Who is signed in. Source: logind's notes; empty on a host without logind.
 * @param folder where they lie
 */
export function readLoginSessions(folder = join(runFolder(), "systemd/sessions")): LoginSession[] {
  return listFiles(folder).flatMap((name) => {
    const session = parseLoginSession(readNote(join(folder, name)));
    return session === undefined ? [] : [session];
  });
}

function listFiles(folder: string): string[] {
  try {
    // Beside each note lies a pipe, NAME.ref, that lasts as long as the session.
    return readdirSync(folder).filter((name) => /^[A-Za-z0-9]+$/.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Empty where the session ended meanwhile. */
function readNote(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
