import { spawn } from "node:child_process";

/**
 * Runs a command whose output goes straight to ours.
 * @param {string} command @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions & { limitMinutes?: number }} options
 * @returns {Promise<number>} its exit code; 124 where it took longer than allowed
 */
export function run(command, args, { limitMinutes = 60, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], ...options });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      console.error(`${command} took longer than ${limitMinutes} minutes`);
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), 10_000).unref();
    }, limitMinutes * 60_000);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      resolve(late ? 124 : (code ?? 1));
    });
  });
}
