// Entry of the aistack command: the compiled command, compiled again first where its source changed.
import { ensureCompiled } from "./compiled.cjs";

// Under nohup (see host/hangup.ts). Before anything else: until somebody listens, a HUP ends Node.
if (process.env.AISTACK_IGNORE_HUP === "1") process.on("SIGHUP", () => {});
ensureCompiled("aistack");
const { main } = await import("../bin/aistack.mjs");
process.exitCode = await main(process.argv.slice(2));
