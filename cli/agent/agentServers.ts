import type { Server } from "node:http";
import { formatMetrics, METRICS_CONTENT_TYPE } from "../../plan/agentMetrics";
import type { AgentStatus } from "../../plan/heartbeat";
import { createBoundedServer, isForLoopback, type Page } from "./boundedServer";
import { closeServer, listenOnAddress, listenOnSocket } from "./listen";

/** Where the agent can be asked: on a UNIX socket by the aistack command, and over loopback by Prometheus. */
export class AgentServers {
  readonly #metricsPage: () => Page;
  readonly #local: Server;
  #metrics: { readonly address: string; readonly server: Server } | undefined;

  /** @param status what is told, as it is at the moment */
  constructor(status: () => AgentStatus) {
    this.#metricsPage = () => ({
      contentType: METRICS_CONTENT_TYPE,
      body: formatMetrics(status()),
    });
    this.#local = createBoundedServer({
      "/status": () => ({
        contentType: "application/json",
        body: `${JSON.stringify(status())}\n`,
      }),
      "/metrics": this.#metricsPage,
    });
  }

  /** @throws OperationError where the socket cannot be had */
  async openSocket(path: string): Promise<void> {
    await listenOnSocket(this.#local, path);
  }

  /**
   * Serves measurements at another address, or no longer. The old one is left only once there is the new one.
   * @throws OperationError where the address cannot be had; the old one stays
   */
  async serveMetrics(address: string | null): Promise<void> {
    const old = this.#metrics;
    if (old?.address === address || (old === undefined && address === null)) return;
    let next: typeof old;
    if (address !== null) {
      const server = createBoundedServer({ "/metrics": this.#metricsPage }, isForLoopback);
      await listenOnAddress(server, address);
      next = { address, server };
    }
    this.#metrics = next;
    if (old !== undefined) await closeServer(old.server);
  }

  async close(): Promise<void> {
    const metrics = this.#metrics === undefined ? [] : [this.#metrics.server];
    await Promise.all([this.#local, ...metrics].map(closeServer));
  }
}
