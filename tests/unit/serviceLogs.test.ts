import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectDocker } from "../../cli/docker/connect";
import { MessageLines } from "../../cli/logs/messageLines";
import { type LogLine, readServiceLogs } from "../../cli/logs/serviceLogs";
import { StandInEngine } from "../support/docker/standInEngine";
import { planStandard } from "../support/plan/stack";

let engine: StandInEngine;
beforeEach(async () => {
  engine = new StandInEngine();
  await engine.listen();
});
afterEach(() => engine.close());

async function read(follow: boolean): Promise<{ lines: LogLine[]; absent: string[] }> {
  const lines: LogLine[] = [];
  const access = { dockerHost: engine.address, ssh: undefined, sshOptions: undefined };
  const docker = await connectDocker(access);
  const request = { tail: 10, follow };
  const absent = await readServiceLogs(docker, planStandard().services, request, (line) =>
    lines.push(line),
  );
  return { lines, absent };
}

test("lines of several services stand in the order of their times", async () => {
  engine.add("aistack-ollama", {
    log: [
      { stream: 2, text: "2026-11-22T12:00:00.000000001Z one\n2026-11-22T12:00:00.000000003Z thr" },
      { stream: 2, text: "ee\n" },
    ],
  });
  engine.add("aistack-openwebui", {
    log: [{ stream: 1, text: "2026-11-22T12:00:00.000000002Z two\r\n" }],
  });
  const { lines, absent } = await read(false);
  expect(lines).toEqual([
    { time: "2026-11-22T12:00:00.000000001Z", service: "ollama", stream: "stderr", text: "one" },
    { time: "2026-11-22T12:00:00.000000002Z", service: "openwebui", stream: "stdout", text: "two" },
    { time: "2026-11-22T12:00:00.000000003Z", service: "ollama", stream: "stderr", text: "three" },
  ]);
  expect(absent).toEqual(["localai"]);
});

test("following, they are told as they come, until the containers have ended", async () => {
  engine.add("aistack-ollama", {
    log: [{ stream: 1, text: "2026-11-22T12:00:00.000000001Z a b\n2026-11-22T12:00:01Z\n" }],
  });
  const { lines } = await read(true);
  expect(lines.map(({ text }) => text)).toEqual(["a b", ""]);
});

test("an engine that goes away while its log is followed is told, and is no bug", async () => {
  engine.add("aistack-ollama", {
    log: [{ stream: 1, text: "2026-11-22T12:00:00.000000001Z before\n" }],
  });
  engine.faults.set("logs", "broken off");
  await expect(read(true)).rejects.toMatchObject({
    name: "HostNotReadyError",
    message: expect.stringContaining("the Docker engine does not answer on its socket"),
  });
});

test("a container with a terminal has one stream", async () => {
  engine.add("aistack-ollama", {
    tty: true,
    log: [{ stream: 1, text: "2026-11-22T12:00:00.000000001Z prompt\r\n" }],
  });
  expect((await read(false)).lines).toMatchObject([{ stream: "stdout", text: "prompt" }]);
});

const T1 = "2026-11-22T12:00:00.000000001Z";
const T2 = "2026-11-22T12:00:00.000000002Z";
const T3 = "2026-11-22T12:00:00.000000003Z";

/** As the engine sends a line that it keeps in pieces: each with a time of its own, only the last with an end. */
function inPieces(text: Buffer, end = "\n"): Buffer[] {
  const pieces: Buffer[] = [];
  const bytes = Buffer.concat([text, Buffer.from(end)]);
  for (let at = 0; at < bytes.length; at += PIECE) {
    const time = `2026-11-22T12:00:00.${String(pieces.length + 1).padStart(9, "0")}Z `;
    pieces.push(Buffer.concat([Buffer.from(time), bytes.subarray(at, at + PIECE)]));
  }
  return pieces;
}
const PIECE = 16 * 1024;

describe.each([
  ["frames", false],
  ["a terminal's bytes", true],
] as const)("a line beyond 16 KiB in %s", (_what, tty) => {
  const service = "ollama";
  const stream = "stdout";

  async function told(text: string): Promise<LogLine[]> {
    const log = inPieces(Buffer.from(text), tty ? "\r\n" : "\n").map((piece) => ({
      stream: 1 as const,
      text: piece.toString(),
    }));
    log.push({ stream: 1, text: `${T3} after\n` });
    engine.add("aistack-ollama", { tty, log });
    return (await read(false)).lines;
  }

  test("has the first piece's time, and none within", async () => {
    const text = "x".repeat(40_000);
    expect(await told(text)).toEqual([
      { time: T1, service, stream, text },
      { time: T3, service, stream, text: "after" },
    ]);
  });

  test("may end where a piece does", async () => {
    const text = "x".repeat(2 * PIECE);
    expect((await told(text)).map((line) => line.text)).toEqual([text, "after"]);
  });

  test("may hold what looks like a time, elsewhere than where a piece begins", async () => {
    const text = `${"x".repeat(PIECE - 100)} ${T2} ${"y".repeat(9000)}`;
    expect((await told(text)).map((line) => line.text)).toEqual([text, "after"]);
  });

  test("is told in several lines beyond 64 KiB, all with its time", async () => {
    const lines = await told("word ".repeat(30_000));
    expect(lines.map(({ time, text }) => [time, text.length])).toEqual([
      [T1, 81_920],
      [T1, 150_000 - 81_920],
      [T3, 5],
    ]);
    expect(
      lines
        .slice(0, 2)
        .map(({ text }) => text)
        .join(""),
    ).toBe("word ".repeat(30_000));
  });
});

describe("lines of a stream", () => {
  const split = (...messages: (Buffer | string)[]) => {
    const lines: [time: string, text: string][] = [];
    const splitter = new MessageLines((time, text) => lines.push([time, text]));
    for (const message of messages) splitter.write(message);
    splitter.end();
    return lines;
  };

  test("a character that is cut in two is put together", () => {
    const bytes = Buffer.from(`${T1} naïve\n`);
    expect(split(bytes.subarray(0, 34), bytes.subarray(34))).toEqual([[T1, "naïve"]]);
  });

  test("a character that two pieces share is put together, too", () => {
    const text = `${"x".repeat(PIECE - 1)}ïve`;
    expect(split(...inPieces(Buffer.from(text)))).toEqual([[T1, text]]);
  });

  test("the last line needs no end", () => {
    expect(split(`${T1} a\n${T2} \n${T3} b`)).toEqual([
      [T1, "a"],
      [T2, ""],
      [T3, "b"],
    ]);
  });

  test("what is no time stays: a word, a date, a time of another form", () => {
    for (const rest of ["Z b\n", "2026-11-22Z b\n", "2026-11-22T12:00Z b\n", "12:00:00Z b\n"])
      expect(split(`${T1} a `, rest)).toEqual([[T1, `a ${rest.trimEnd()}`]]);
  });

  test("a line without a time has that of the one before", () => {
    expect(split(`${T1} a\nb c\n`)).toEqual([
      [T1, "a"],
      [T1, "b c"],
    ]);
  });

  test("a line without end is told in pieces", () => {
    const lines = split(`${T1} ${"x".repeat(70_000)}`, `${T2} y z\n`, `${T3} next\n`);
    expect(lines.map(([time, text]) => [time, text.length])).toEqual([
      [T1, 70_000],
      [T1, 3],
      [T3, 4],
    ]);
  });
});
