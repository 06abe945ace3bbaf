// Makes the agent one executable, bin/aistack-agent: it is what a host gets, which needs no Node.
import { resolve } from "node:path";
import { importBundled } from "./bundled.mjs";
import { ensureCompiled } from "./compiled.cjs";

ensureCompiled("agent");
const { ensureAgentExecutable } = await importBundled("agent", "cli/agentExecutable.ts");
console.log(await ensureAgentExecutable(resolve(import.meta.dirname, "..")));
