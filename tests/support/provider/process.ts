import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A plugin process that has said on which port it listens. */
export interface PluginProcess {
  child: ChildProcess;
  address: string;
  /** Settles when the process has ended: its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

export async function spawnPlugin(
  path: string,
  engineAddress: string,
  env: NodeJS.ProcessEnv,
): Promise<PluginProcess> {
  const child = spawn(path, [engineAddress], { env, stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const lines = createInterface({ input: child.stdout });
  const port = await Promise.race([
    once(lines, "line").then(([line]) => String(line)),
    ended.then((how) => {
      throw new Error(`${path} ended with ${how} before it named its port:\n${stderr}`);
    }),
  ]);
  return { child, address: `127.0.0.1:${port}`, ended };
}

/** Whether a process is there and not just waiting to be reaped. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    // The state follows the name, which stands in brackets and may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) === "Z";
  } catch {
    return true;
  }
}
