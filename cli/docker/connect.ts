import type Docker from "dockerode";
import { dockerHost } from "../../host/probe";
import { HostNotReadyError } from "../../plan/errors";

/**
 * A client of the Docker engine, for control, logs and statistics; Pulumi's resources never go through it.
 * @param address as DOCKER_HOST has it: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375`
 * @throws HostNotReadyError where the address is of another kind
 */
export async function connectDocker(address = dockerHost()): Promise<Docker> {
  // Loaded when needed: it costs 150 ms, which a status need not pay.
  const { default: Client } = await import("dockerode");
  if (address.startsWith("unix://"))
    return new Client({ socketPath: address.slice("unix://".length) });
  if (address.startsWith("tcp://")) {
    const { hostname, port } = new URL(address);
    return new Client({ protocol: "http", host: hostname, port: Number(port || 2375) });
  }
  throw new HostNotReadyError([
    {
      what: `cannot reach a Docker engine at ${address}`,
      where: "DOCKER_HOST",
      fix: "Accepted: unix:///PATH, tcp://HOST:PORT",
    },
  ]);
}
