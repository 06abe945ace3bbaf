// Entry of the aistack command: the compiled command, compiled again first where its source changed.
import { ensureCompiled } from "./compiled.cjs";

ensureCompiled("aistack");
const { main } = await import("../bin/aistack.mjs");
process.exitCode = await main(process.argv.slice(2));
