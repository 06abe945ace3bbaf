import { isDeepStrictEqual } from "node:util";
import { type AgentConfig, parseAgentConfig } from "./agentConfig";
import { StackError } from "./errors";

/** A configuration that can be taken while the agent runs, and which of its keys are new. */
export interface Reload {
  readonly config: AgentConfig;
  readonly changed: readonly string[];
}

/**
 * Decides whether a running agent can go on with another configuration.
 * @param text of the configuration file
 * @param file its name, for messages
 * @throws StackError where the text is no configuration, or one that only a new start can take
 */
export function planReload(current: AgentConfig, text: string, file: string): Reload {
  const config = parseAgentConfig(text, file);
  if (!isDeepStrictEqual(config.paths, current.paths)) {
    throw new StackError([
      {
        what: "paths are read at the start alone",
        where: `${file}: paths`,
        fix: "Start the agent anew: systemctl restart aistack-agent",
      },
    ]);
  }
  const keys = Object.keys(config) as (keyof AgentConfig)[];
  return { config, changed: keys.filter((key) => !isDeepStrictEqual(config[key], current[key])) };
}
