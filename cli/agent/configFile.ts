import { readFile } from "node:fs/promises";
import { type AgentConfig, parseAgentConfig } from "../../plan/agentConfig";
import { StackError } from "../../plan/errors";

/** @throws StackError where the file cannot be read or is not a configuration */
export async function readAgentConfig(file: string): Promise<AgentConfig> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const what = `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new StackError([{ what, where: file, fix: "Write it with: aistack up" }]);
  }
  return parseAgentConfig(text, file);
}
