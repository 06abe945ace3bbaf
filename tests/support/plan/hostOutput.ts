import { type HostFacts, parseHostFacts } from "../../../plan/hostFacts";

/** GET /version of Docker 20.10 on Debian 12, shortened. */
export const VERSION =
  '{"Platform":{"Name":""},"Components":[{"Name":"Engine","Version":"20.10.24+dfsg1","Details":{"ApiVersion":"1.41"}}],"Version":"20.10.24+dfsg1","ApiVersion":"1.41","MinAPIVersion":"1.12"}';

/** A fact as the probe prints it. */
export const line = (name: string, value: unknown): string =>
  `${name}\t${typeof value === "string" ? value : JSON.stringify(value)}`;

/** GET /containers/{id}/json, shortened: what our own container of the service Ollama answers. */
export function inspected(changes: Readonly<Record<string, object>> = {}): Record<string, unknown> {
  const container: Record<string, object> = {
    State: { Status: "running", Running: true, Paused: false },
    Config: {
      Env: ["OLLAMA_NOHISTORY=1", "PATH=/usr/bin"],
      Labels: { "dev.aistack.spec": "0123456789abcdef" },
      Healthcheck: {
        Test: ["CMD", "ollama", "list"],
        Interval: 5e9,
        Timeout: 5e9,
        StartPeriod: 3e10,
        Retries: 5,
      },
    },
    HostConfig: {
      RestartPolicy: { Name: "unless-stopped", MaximumRetryCount: 0 },
      Memory: 17179869184,
      MemorySwap: 17179869184,
      NanoCpus: 1500000000,
      ReadonlyRootfs: true,
      Init: true,
      Tmpfs: { "/tmp": "" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      LogConfig: { Type: "json-file", Config: { "max-file": "3", "max-size": "10m" } },
      PortBindings: { "11434/tcp": [{ HostIp: "127.0.0.1", HostPort: "11434" }] },
    },
    NetworkSettings: { Networks: { "aistack-net": { NetworkID: "net1", Aliases: ["ollama"] } } },
  };
  for (const [part, fields] of Object.entries(changes))
    container[part] = { ...container[part], ...fields };
  return {
    Id: "c1",
    Image: "sha256:aaaa",
    Mounts: [
      {
        Type: "volume",
        Name: "ollama_data",
        Source: "/var/lib/docker/volumes/x",
        Destination: "/root/.ollama",
      },
    ],
    ...container,
  };
}

/** A running engine's facts, and these lines. */
export function hostFacts(...lines: readonly string[]): HostFacts {
  return parseHostFacts([line("docker", VERSION), ...lines, ""].join("\n"));
}
