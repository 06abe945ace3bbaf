import type Docker from "dockerode";
import type { HostAccess } from "../../host/hostAccess";
import { HostNotReadyError } from "../../plan/errors";

/**
 * A client of a Docker engine, for control, logs and statistics; Pulumi's resources never go through it.
 * @throws HostNotReadyError where the address is of a kind that we do not know
 */
export async function connectDocker({ dockerHost, ssh }: HostAccess): Promise<Docker> {
  // Loaded when needed: it costs 150 ms, which a status need not pay.
  const { default: Client } = await import("dockerode");
  if (ssh !== undefined) {
    const { SshAgent } = await import("./sshAgent");
    // The types leave the agent out; docker-modem hands it to node:http.
    const options = {
      protocol: "http" as const,
      host: "engine",
      port: 80,
      agent: new SshAgent(ssh),
    };
    return new Client(options);
  }
  if (dockerHost.startsWith("unix://"))
    return new Client({ socketPath: dockerHost.slice("unix://".length) });
  if (dockerHost.startsWith("tcp://")) {
    const { hostname, port } = new URL(dockerHost);
    return new Client({ protocol: "http", host: hostname, port: Number(port || 2375) });
  }
  throw new HostNotReadyError([
    {
      what: `cannot reach a Docker engine at ${dockerHost}`,
      where: "DOCKER_HOST",
      fix: "Accepted: unix:///PATH, tcp://HOST:PORT",
    },
  ]);
}
