import { existsSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { OperationError } from "../../plan/errors";
import { RUN_AS_ROOT } from "./configFile";

/**
 * Listens on a UNIX socket that its owner and group may use. One that a killed agent left is replaced,
 * one that answers is not.
 * @throws OperationError where it cannot be had
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (await answers(path)) {
    const what = "another agent answers on this socket";
    throw new OperationError([{ what, where: path, fix: "Stop it first: one agent a host" }]);
  }
  if (!existsSync(dirname(path))) {
    // Node would call it EACCES.
    const what = "cannot listen here: its folder is not there";
    throw new OperationError([{ what, where: path, fix: RUN_AS_ROOT }]);
  }
  rmSync(path, { force: true });
  await listening(server, path, () => {
    // The file takes its mode from the mask at the moment it is made, so that it is never open to others.
    const mask = process.umask(0o117);
    server.listen(path);
    process.umask(mask);
  });
}

/**
 * Listens on an address such as 127.0.0.1:9464.
 * @throws OperationError where it cannot be had
 */
export function listenOnAddress(server: Server, address: string): Promise<void> {
  const [host = "", port = ""] = address.split(":");
  return listening(server, address, () => server.listen(Number(port), host));
}

async function listening(server: Server, where: string, listen: () => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    listen();
  }).catch((error: NodeJS.ErrnoException) => {
    throw new OperationError([{ what: `cannot listen here (${error.code})`, where }]);
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (outcome: boolean) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

/** Stops listening, and ends the connections that there are. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
