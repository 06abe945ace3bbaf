import { join } from "node:path";

/** What decides the content of the agent's executable, in the form the artifact cache takes. */
export interface AgentRecipe {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly keyExtra: readonly string[];
}

/** Where the executable is built to, relative to the checkout. */
export const AGENT_EXECUTABLE = "bin/aistack-agent";

/** The agent as one file of JavaScript, relative to the checkout. */
export const AGENT_BUNDLE = "bin/agent.cjs";

/** How Bun makes an executable of it. */
export const AGENT_BUILD_ARGUMENTS = [
  "build",
  "--compile",
  "--minify",
  // Compiled ahead: the idle check starts every ten seconds.
  "--bytecode",
  // Nothing here runs often enough to be worth compiling to machine code early: a check of every ten seconds would pay.
  "--compile-jit-policy=100",
  // Nothing of the folder that it is started in may change what it does.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

export function agentRecipe(root: string): AgentRecipe {
  return {
    name: "agent",
    inputs: [AGENT_BUNDLE, "assets/gpu", "package-lock.json"].map((input) => join(root, input)),
    keyExtra: [process.arch, ...AGENT_BUILD_ARGUMENTS],
  };
}
