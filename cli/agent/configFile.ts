import { readFileSync } from "node:fs";
import { type AgentConfig, parseAgentConfig } from "../../plan/agentConfig";
import { StackError } from "../../plan/errors";

/** A user of the account's group could read the configuration, but not write what comes of it. */
export const RUN_AS_ROOT = "Run it as root, which goes on as the units' account";

/** @throws StackError where the file cannot be read or is not a configuration */
export function readAgentConfig(file: string): AgentConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fix = code === "EACCES" ? RUN_AS_ROOT : "Write it with: aistack up";
    throw new StackError([{ what: `cannot be read (${code})`, where: file, fix }]);
  }
  return parseAgentConfig(text, file);
}
