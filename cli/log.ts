import { type Logger, pino, stdTimeFunctions } from "pino";
import type { LineSink } from "./log/logFile";
import { Scrubber } from "./log/scrub";

export { logPath, openLogFile, stateHome } from "./log/logFile";
export type { Logger };

/** Levels of the log, from the most to the least talkative; `silent` writes nothing. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What this process must not let out; filled as secrets become known. */
export const secrets = new Scrubber();

/**
 * A logger that writes one JSON object a line: `time` (ISO 8601), `level` by name, `event`, fields.
 * Whatever it writes has passed the scrubber, error messages and stacks included.
 * @param sink undefined: nowhere
 */
export function createLogger(
  level: LogLevel,
  sink: LineSink | undefined,
  scrubber: Scrubber = secrets,
): Logger {
  return pino(
    {
      level: sink === undefined ? "silent" : level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors keep their causes' messages and stacks.
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    },
    { write: (line: string) => sink?.write(scrubber.line(line)) },
  );
}

let current = createLogger("silent", undefined);

/** The process's logger; silent until `main` has opened its log. */
export function log(): Logger {
  return current;
}

export function setLogger(logger: Logger): void {
  current = logger;
}
