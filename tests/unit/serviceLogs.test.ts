import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectDocker } from "../../cli/docker/connect";
import { LineSplitter } from "../../cli/logs/lineSplitter";
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

describe("lines of a stream", () => {
  const split = (...chunks: Buffer[]) => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (const chunk of chunks) splitter.write(chunk);
    splitter.end();
    return lines;
  };

  test("a character that is cut in two is put together", () => {
    const bytes = Buffer.from("naïve\n");
    expect(split(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(["naïve"]);
  });

  test("the last line needs no end", () => {
    expect(split(Buffer.from("a\n\nb"))).toEqual(["a", "", "b"]);
  });

  test("a line without end is told in pieces", () => {
    const lines = split(Buffer.alloc(70_000, "x"), Buffer.from("y\n"));
    expect(lines.map((line) => line.length)).toEqual([70_000, 1]);
  });
});
