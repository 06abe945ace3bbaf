import { type Logger, pino } from "pino";

/**
 * A log of events, one JSON object a line: `time` (ISO 8601), `level`, `event`, then its fields.
 * @param output takes each line
 */
export function createEventLog(output: { write(line: string): void }): Logger {
  return pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    output,
  );
}
