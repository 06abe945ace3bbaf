import type { Command } from "commander";
import { gpuLoadScript } from "../../host/gpuProbe";
import { version } from "../../package.json";
import { AGENT_CONFIG_FILE } from "../../plan/agentConfig";
import { findProjectRoot } from "../artifacts/projectRoot";

/** What a host runs as aistack-agent, here from the checkout. */
export function registerAgentCommands(program: Command, finish: (code: number) => void): void {
  // Read at the start: the account that root becomes may not be able to read the checkout.
  const readGpuProbe = () => {
    const script = gpuLoadScript(findProjectRoot());
    return () => script;
  };

  program
    .command("agent")
    .description("watch this host: heartbeats with load, GPUs and health as JSON lines")
    .option("--config <file>", "its configuration", AGENT_CONFIG_FILE)
    .option("--metrics <address>", "serve Prometheus text there, such as 127.0.0.1:9464")
    .action(async ({ config, metrics }: { config: string; metrics?: string }) => {
      // Loaded only now: other verbs need not pay for it.
      const { runAgent } = await import("../agent/runAgent");
      finish(await runAgent({ version, configFile: config, metrics, gpuProbe: readGpuProbe() }));
    });

  program
    .command("idle-check")
    .description("look once whether this host is idle, and do what the configuration says then")
    .option("--config <file>", "the agent's configuration", AGENT_CONFIG_FILE)
    .option("--json", "print the outcome as JSON", false)
    .action(async ({ config, json }: { config: string; json: boolean }) => {
      const { runIdleCheck } = await import("../agent/runIdleCheck");
      finish(await runIdleCheck({ configFile: config, json, gpuProbe: readGpuProbe() }));
    });
}
