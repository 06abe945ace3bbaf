// Entry of aistack-agent, the part of aistack that is installed on a host as one executable.
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { gpuLoadScript } from "../../host/gpuProbe";
import { version } from "../../package.json";
import { AGENT_CONFIG_FILE } from "../../plan/agentConfig";
import { formatProblem, OperationError, StackError } from "../../plan/errors";
import { EXIT } from "../exitCodes";

/** Set within the executable: the script which reads NVIDIA's GPUs (cli/agentExecutable.ts). */
declare const AISTACK_GPU_LOAD_SCRIPT: string | undefined;

// Each schema is used once: compiling it to code first costs more than it saves.
z.config({ jitless: true });

const USAGE = `usage: aistack-agent agent [--config FILE] [--metrics 127.0.0.1:PORT]
       aistack-agent idle-check [--config FILE] [--json]
       aistack-agent --version

The configuration is ${AGENT_CONFIG_FILE} unless another file is named.
`;

const OPTIONS = {
  config: { type: "string", default: AGENT_CONFIG_FILE },
  metrics: { type: "string" },
  json: { type: "boolean", default: false },
  version: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

// Not by the exit code alone: a probe that hangs in the kernel would keep the process.
void main(process.argv.slice(2)).then((code) => process.exit(code));

async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    for (const problem of error.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return error instanceof OperationError ? EXIT.failed : EXIT.wrongInput;
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args);
  if (values.version || values.help) {
    process.stdout.write(values.version ? `${version}\n` : USAGE);
    return EXIT.done;
  }
  const configFile = values.config;
  switch (positionals.join(" ")) {
    // Loaded only now: the idle check, every ten seconds, need not pay for the agent.
    case "agent": {
      const { runAgent } = await import("./runAgent");
      return runAgent({ version, configFile, metrics: values.metrics, gpuProbe });
    }
    case "idle-check": {
      const { runIdleCheck } = await import("./runIdleCheck");
      return runIdleCheck({ configFile, json: values.json, gpuProbe });
    }
    default:
      process.stderr.write(USAGE);
      return EXIT.wrongInput;
  }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new StackError([{ what: (error as Error).message, where: "aistack-agent" }]);
  }
}

/** Within the executable; beside it, as Node runs bin/agent.cjs in tests, from the checkout. */
function gpuProbe(): string {
  if (typeof AISTACK_GPU_LOAD_SCRIPT === "string") return AISTACK_GPU_LOAD_SCRIPT;
  return gpuLoadScript(dirname(dirname(realpathSync(process.argv[1] ?? ""))));
}
