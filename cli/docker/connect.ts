import { Agent } from "node:http";
import { connect } from "node:net";
import type Docker from "dockerode";
import type { HostAccess } from "../../host/hostAccess";
import { HostNotReadyError } from "../../plan/errors";
import { SshAgent } from "./sshAgent";

/**
 * A client of a Docker engine, for control, logs and statistics; Pulumi's resources never go through it.
 * @throws HostNotReadyError where the address is of a kind that we do not know
 */
export async function connectDocker(access: HostAccess): Promise<Docker> {
  const { dockerHost, ssh } = access;
  // Loaded when needed: it costs 150 ms, which a status need not pay.
  const { default: Client } = await import("dockerode");
  if (ssh === undefined && dockerHost.startsWith("unix://"))
    return new Client({ socketPath: dockerHost.slice("unix://".length) });
  // The agent makes the connections and needs no path; with a URL the client would print Node's warning of url.parse.
  const options = { socketPath: dockerHost, agent: agentFor(access) };
  return new Client(options);
}

function agentFor({ dockerHost, ssh, declared }: HostAccess): Agent {
  if (ssh !== undefined) return new SshAgent(ssh, declared?.host);
  if (dockerHost.startsWith("tcp://")) {
    const { hostname, port } = new URL(dockerHost);
    const createConnection = () => connect(Number(port || 2375), hostname);
    return Object.assign(new Agent(), { createConnection });
  }
  throw new HostNotReadyError([
    {
      what: `cannot reach a Docker engine at ${dockerHost}`,
      where: "DOCKER_HOST",
      fix: "Accepted: unix:///PATH, tcp://HOST:PORT",
    },
  ]);
}
