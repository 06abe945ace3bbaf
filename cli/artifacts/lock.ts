import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { HostNotReadyError } from "../../plan/errors";

const CONFLICT = 75;

/**
 * Runs `work` while holding the kernel's lock on `path`. The kernel releases it when the holder
 * dies, however it dies, so no lock is ever left behind. Works between processes and within one.
 *
 * @param onWait told the other holder's process id before waiting for it (undefined when unknown)
 */
export async function withLock<T>(
  path: string,
  onWait: (holder: number | undefined) => void,
  work: () => Promise<T>,
): Promise<T> {
  let release = await acquire(path, ["--nonblock", "--conflict-exit-code", String(CONFLICT)]);
  if (release === undefined) {
    onWait(await readHolder(path));
    release = await acquire(path, []);
  }
  if (release === undefined) throw new Error(`flock gave up waiting for ${path}`);
  try {
    await writeFile(path, `${process.pid}\n`);
    return await work();
  } finally {
    await release();
  }
}

// Node has no flock(2). The holder is util-linux's `flock` around a `cat` that lives as long as the
// pipe from this process: when this process dies, `cat` reads the end of its input and all is released.
async function acquire(
  path: string,
  flags: readonly string[],
): Promise<(() => Promise<void>) | undefined> {
  const holder = spawn("flock", [...flags, path, "sh", "-c", "echo locked; exec cat >/dev/null"], {
    stdio: ["pipe", "pipe", "ignore"],
    // A process group of its own: Ctrl-C must not release the lock before the build is cleaned up.
    detached: true,
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    holder.once("error", (cause) => reject(flockMissing(cause)));
    holder.once("exit", resolve);
  });
  const locked = once(holder.stdout, "data").then(() => "locked" as const);
  const outcome = await Promise.race([locked, exited]);
  if (outcome === "locked") {
    return async () => {
      holder.stdin.end();
      await exited;
    };
  }
  if (outcome === CONFLICT) return undefined;
  throw new HostNotReadyError([
    {
      what: `cannot lock ${path}: flock exited with ${outcome}`,
      fix: "Check that the folder can be written to",
    },
  ]);
}

function flockMissing(cause: unknown): HostNotReadyError {
  return new HostNotReadyError(
    [{ what: "the flock command is missing", fix: "Install the package util-linux" }],
    { cause },
  );
}

async function readHolder(path: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(path, "utf8").catch(() => ""), 10);
  return Number.isNaN(pid) ? undefined : pid;
}
