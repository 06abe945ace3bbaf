import { spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { OperationError } from "../../plan/errors";
import { ENDING_SIGNALS } from "../heldSignals";

/** How far a recipe has come, as it says itself. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly text: string;
}

/** A command that fills a folder. */
export interface Build {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const PROGRESS_LINE = /^::progress (\d+)\/(\d+)(?: (.*))?$/;
const TAIL_LINES = 20;

// The recipe runs under a small watcher that shares its process group and reads a pipe from us. When
// the pipe closes, because we interrupt or because this process died, even by SIGKILL, the watcher
// ends the whole group: SIGTERM first, so that a recipe can undo its mounts, then SIGKILL.
const GUARD = `
exec 3<&0
(trap '' TERM; read -r _ <&3; kill -TERM -- -$$; sleep 5; kill -KILL -- -$$) </dev/null >/dev/null 2>&1 &
watcher=$!
disown
"$@" </dev/null 3<&-
status=$?
kill -KILL "$watcher" 2>/dev/null
exit "$status"
`;

/** Reads one line of a recipe's output as progress; undefined when it is ordinary output. */
export function parseProgress(line: string): Progress | undefined {
  const match = PROGRESS_LINE.exec(line);
  if (match === null) return undefined;
  return { done: Number(match[1]), total: Number(match[2]), text: match[3] ?? "" };
}

/** What a recipe is run with. */
export interface RecipeRun {
  readonly name: string;
  readonly build: Build;
  readonly logFile: string;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a recipe to its end; everything it says but its progress goes to the log file.
 * @throws OperationError with the end of the log when it fails, or when it is interrupted
 */
export async function runRecipe(run: RecipeRun): Promise<void> {
  const { build } = run;
  const log = createWriteStream(run.logFile, { mode: 0o600 });
  log.write(`# ${new Date().toISOString()} ${[build.command, ...build.args].join(" ")}\n`);
  const child = spawn("bash", ["-c", GUARD, "recipe", build.command, ...build.args], {
    cwd: build.cwd,
    env: { ...process.env, ...build.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const tail: string[] = [];
  const keep = (line: string) => {
    log.write(`${line}\n`);
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    const progress = parseProgress(line);
    if (progress === undefined) keep(line);
    else run.onProgress?.(progress);
  });
  createInterface({ input: child.stderr }).on("line", keep);

  const interruption = watchForInterruption(run.signal, () => child.stdin.end());
  try {
    const { code, signal } = await ended;
    if (interruption.reason !== undefined) throw interrupted(run.name, interruption.reason);
    if (code !== 0) throw failed(run, code, signal, tail);
  } finally {
    interruption.stop();
    child.stdin.end();
    await closeLog(log);
  }
}

function watchForInterruption(signal: AbortSignal | undefined, act: () => void) {
  const state: { reason: string | undefined; stop: () => void } = {
    reason: undefined,
    stop: () => undefined,
  };
  const interrupt = (reason: string) => {
    if (state.reason !== undefined) return;
    state.reason = reason;
    act();
  };
  const onAbort = () => interrupt("aborted");
  const handlers = ENDING_SIGNALS.map((name) => [name, () => interrupt(name)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  state.stop = () => {
    for (const [name, handler] of handlers) process.off(name, handler);
    signal?.removeEventListener("abort", onAbort);
  };
  return state;
}

function interrupted(name: string, reason: string): OperationError {
  return new OperationError([
    {
      what: `building ${name} was interrupted (${reason})`,
      fix: "Run the same command again: nothing half-built was kept",
    },
  ]);
}

function failed(
  run: RecipeRun,
  code: number | null,
  signal: string | null,
  tail: readonly string[],
): OperationError {
  const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
  const said =
    tail.length === 0 ? "" : `; its last lines:\n${tail.map((line) => `    ${line}`).join("\n")}\n`;
  return new OperationError([
    { what: `building ${run.name} failed (${how})${said}`, fix: `The whole log is ${run.logFile}` },
  ]);
}

function closeLog(log: WriteStream): Promise<void> {
  return new Promise((resolve) => log.end(() => resolve()));
}
