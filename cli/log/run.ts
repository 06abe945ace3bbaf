import { readFileSync } from "node:fs";
import { StackError } from "../../plan/errors";
import { suggest } from "../../plan/suggest";
import { findProjectRoot } from "../artifacts/projectRoot";
import { EXIT } from "../exitCodes";
import { ENDING_SIGNALS, signalsAreHeld } from "../heldSignals";
import { createLogger, LOG_LEVELS, type LogLevel, log, secrets, setLogger } from "../log";
import { passphraseFile } from "../stackStore";
import { VERSION } from "../version";
import { logPath, openLogFile } from "./logFile";

/** Opens this process's log, and registers the secrets that it may come across. */
export function openLog(words: readonly string[]): void {
  secrets.registerEnvironment(process.env);
  for (const passphrase of readPassphrases(process.env)) secrets.register(passphrase);
  const level = chooseLevel(words, process.env.AISTACK_LOG_LEVEL);
  setLogger(createLogger(level, openLogFile(logPath())));
}

/**
 * The level that the command line names, else the environment's, else `info`. The command line's is
 * checked by its parser.
 */
export function chooseLevel(
  words: readonly string[],
  fromEnvironment: string | undefined,
): LogLevel {
  const option = words.findIndex((word) => /^--log-level(=|$)/.test(word));
  const word = words[option] ?? "";
  const named = word.includes("=") ? word.slice(word.indexOf("=") + 1) : words[option + 1];
  const wanted = (option < 0 ? undefined : named) ?? (fromEnvironment || "info");
  const level = LOG_LEVELS.find((known) => known === wanted);
  if (level !== undefined) return level;
  if (option >= 0) return "info";
  const what = `unknown log level "${wanted}"`;
  throw new StackError([{ what, where: "AISTACK_LOG_LEVEL", fix: suggest(wanted, LOG_LEVELS) }]);
}

/**
 * Logs that a verb runs and how it ended: `app.started`, `app.exited` with exit code and duration. A signal
 * that ends the process is told, too, and takes its usual effect.
 */
export async function traceRun(verb: string, run: () => Promise<number>): Promise<number> {
  const started = performance.now();
  // Several checkouts write to one log.
  const checkout = findProjectRoot();
  let told = false;
  const exited = (outcome: { exitCode: number } | { signal: string }) => {
    if (told) return;
    told = true;
    const durationMs = Math.round(performance.now() - started);
    log().info({ event: "app.exited", verb, ...outcome, durationMs, checkout });
  };
  const onSignal = (signal: NodeJS.Signals) => {
    // Whoever holds it ends on its own, and that is told then.
    if (signalsAreHeld()) return;
    exited({ signal });
    for (const name of ENDING_SIGNALS) process.off(name, onSignal);
    // Others that listen end the process once they have cleaned up.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const name of ENDING_SIGNALS) process.on(name, onSignal);
  // Whoever reads our output has seen enough: `aistack logs -f | head` ends quietly. A terminal that is gone says EIO.
  const onBrokenPipe = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    // An update goes on without its reader: broken off, it would be half-done.
    if (signalsAreHeld()) return;
    exited({ signal: "SIGPIPE" });
    process.exit(EXIT.done);
  };
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onBrokenPipe);
  log().info({
    event: "app.started",
    verb,
    version: VERSION,
    node: process.versions.node,
    checkout,
  });
  try {
    const exitCode = await run();
    exited({ exitCode });
    return exitCode;
  } finally {
    for (const name of ENDING_SIGNALS) process.off(name, onSignal);
  }
}

/** Known to this process, so that they can be kept out of logs; a checkout without one has no secret to keep. */
function readPassphrases({ PULUMI_CONFIG_PASSPHRASE_FILE: own }: NodeJS.ProcessEnv): string[] {
  const files = [passphraseFile(findProjectRoot()), ...(own === undefined ? [] : [own])];
  return files.flatMap((file) => {
    try {
      return [readFileSync(file, "utf8")];
    } catch {
      return [];
    }
  });
}
