import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { computeKey } from "../cli/artifacts/contentKey";
import { fileSha256 } from "../cli/models/hashCache";
import { StackError } from "../plan/errors";
import { foreign } from "../plan/quote";

/** Where the build puts the agent, relative to the checkout. */
const EXECUTABLE = "bin/aistack-agent";

/** What it is made of. */
const INPUTS = ["bin/agent.cjs", "assets/gpu", "package-lock.json"];

const run = promisify(execFile);

/**
 * The agent as one executable, made anew where its sources have changed, so that nobody installs yesterday's. That
 * takes a second or two; hashing it, a second more. As long as nothing changes, neither is done again.
 * @throws StackError where it cannot be made
 */
export async function agentExecutable(
  root: string,
): Promise<{ readonly source: string; readonly sha256: string }> {
  const source = join(root, EXECUTABLE);
  const note = `${source}.inputs`;
  const inputs = INPUTS.map((input) => join(root, input));
  const key = computeKey({ name: "agent", inputs, keyExtra: [process.arch] });
  if (!existsSync(source) || !existsSync(note) || readFileSync(note, "utf8") !== key) {
    await build(root);
    writeFileSync(note, key);
  }
  return { source, sha256: await fileSha256(source, join(root, ".state")) };
}

async function build(root: string): Promise<void> {
  try {
    await run(process.execPath, [join(root, "scripts", "agent.mjs")], { cwd: root });
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
