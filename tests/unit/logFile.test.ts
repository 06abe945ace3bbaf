import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "../../cli/log";
import { lineSink, logPath, openLogFile } from "../../cli/log/logFile";
import { chooseLevel } from "../../cli/log/run";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-log-"));
  file = join(folder, "state", "aistack.log");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the log stands where install.sh keeps its own", () => {
  expect(logPath({ XDG_STATE_HOME: "/x" })).toBe("/x/aistack/aistack.log");
});

test("a line is one JSON object with time, level and event", () => {
  createLogger("info", openLogFile(file)).info({ event: "service.started", service: "ollama" });
  const line = readFileSync(file, "utf8");
  expect(line.endsWith("}\n")).toBe(true);
  expect(JSON.parse(line)).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    pid: process.pid,
    event: "service.started",
    service: "ollama",
  });
});

test("what is below the level is not written", () => {
  const logger = createLogger("warn", openLogFile(file));
  logger.info({ event: "a" });
  logger.warn({ event: "b" });
  expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(1);
});

test("the file and its folder are their owner's alone, whatever the umask", () => {
  const before = process.umask(0);
  try {
    openLogFile(file)?.write("x\n");
  } finally {
    process.umask(before);
  }
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "state")).mode & 0o777).toBe(0o700);
});

test("a log is gone on with, and put aside beyond 5 MiB", () => {
  openLogFile(file)?.write("first\n");
  openLogFile(file)?.write("second\n");
  expect(readFileSync(file, "utf8")).toBe("first\nsecond\n");
  truncateSync(file, 5 * 1024 ** 2 + 1);
  openLogFile(file)?.write("third\n");
  expect(readFileSync(file, "utf8")).toBe("third\n");
  expect(statSync(`${file}.1`).size).toBe(5 * 1024 ** 2 + 1);
});

test("a link is not followed, and the command goes on without a log", () => {
  const target = join(folder, "target");
  writeFileSync(target, "");
  execFileSync("mkdir", [join(folder, "state")]);
  symlinkSync(target, file);
  expect(openLogFile(file)).toBeUndefined();
  expect(readFileSync(target, "utf8")).toBe("");
});

test("a folder that cannot be made: no log", () => {
  writeFileSync(join(folder, "state"), "a file");
  expect(openLogFile(file)).toBeUndefined();
});

describe("a log that cannot be written", () => {
  test.each([
    // A file that is open for reading only: any code but ENOSPC stands for EDQUOT, EIO, EROFS, ESTALE, EFBIG.
    ["EBADF", () => openSync("/dev/null", "r")],
    ["ENOSPC", () => openSync("/dev/full", "w")],
  ])("does not end the command: %s", (code, open) => {
    const opened = open();
    try {
      expect(() => writeSync(opened, "x")).toThrow(expect.objectContaining({ code }));
      const logger = createLogger("info", lineSink(opened));
      logger.info({ event: "a" });
      logger.info({ event: "b" });
    } finally {
      closeSync(opened);
    }
  });

  test("is not written to any more: it would have a gap", () => {
    const opened = openSync("/dev/null", "r");
    const sink = lineSink(opened);
    sink.write("lost\n");
    closeSync(opened);
    writeFileSync(join(folder, "log"), "");
    // The lowest free number, so the same one again.
    expect(openSync(join(folder, "log"), "a")).toBe(opened);
    sink.write("later\n");
    closeSync(opened);
    expect(readFileSync(join(folder, "log"), "utf8")).toBe("");
  });
});

describe("the level", () => {
  test.each<[string, string[], string | undefined, string]>([
    ["info by itself", ["status"], undefined, "info"],
    ["info where the variable is empty", ["status"], "", "info"],
    ["the environment's", ["status"], "debug", "debug"],
    ["the command line's before it", ["status", "--log-level", "error"], "debug", "error"],
    ["the command line's in one word", ["status", "--log-level=trace"], undefined, "trace"],
    ["a wrong one is left to the parser", ["status", "--log-level", "x"], undefined, "info"],
  ])("%s", (_what, words, environment, level) => {
    expect(chooseLevel(words, environment)).toBe(level);
  });

  test("a wrong one of the environment is refused", () => {
    expect(() => chooseLevel(["status"], "debgu")).toThrow(
      'AISTACK_LOG_LEVEL: unknown log level "debgu". Did you mean "debug"? Accepted: trace, debug, info, warn, error, fatal, silent',
    );
  });
});
