import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../../..");

/** The ways in which an agent is started: by Node from the checkout, and as the executable that hosts get. */
export const AGENTS = [
  { kind: "plain Node", command: [process.execPath, join(ROOT, "bin", "agent.cjs")] },
  { kind: "the executable", command: [join(ROOT, "bin", "aistack-agent")] },
] as const;

/** Builds both, where their sources have changed. */
export function buildAgent(): void {
  execFileSync(process.execPath, [join(ROOT, "scripts", "agent.mjs")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
