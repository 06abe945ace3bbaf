import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_EXECUTABLE, agentRecipe } from "../host/agentRecipe";
import { StackError } from "../plan/errors";
import type { ExecutableSpec } from "../plan/hostLayer";
import { foreign } from "../plan/quote";
import { computeKey } from "./artifacts/contentKey";
import { execa } from "./execa";
import { ownArchitecture } from "./images/architecture";
import { fileSha256 } from "./models/hashCache";

/**
 * The agent as one executable, made anew where its sources have changed, so that nobody installs yesterday's. That
 * takes a second or two; hashing it, a second more. As long as nothing changes, neither is done again.
 * @throws StackError where it cannot be made
 */
export async function ensureCurrentAgent(
  root: string,
): Promise<Pick<ExecutableSpec, "source" | "sha256" | "architecture">> {
  const source = join(root, AGENT_EXECUTABLE);
  const note = `${source}.inputs`;
  const key = computeKey(agentRecipe(root));
  if (!existsSync(source) || !existsSync(note) || readFileSync(note, "utf8") !== key) {
    await build(root);
    writeFileSync(note, key);
  }
  const sha256 = await fileSha256(source, join(root, ".state"));
  return { source, sha256, architecture: ownArchitecture() };
}

async function build(root: string): Promise<void> {
  try {
    await execa(process.execPath, [join(root, "scripts", "agent.mjs")], { cwd: root });
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const said = stderr.trim().split("\n").at(-1) || message;
    throw new StackError([
      {
        what: `the agent cannot be made: ${foreign(said)}`,
        where: "aistack:agent, aistack:idle",
        fix: "See all of it with: make build",
      },
    ]);
  }
}
