import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AppendFile } from "../../cli/agent/appendFile";
import { createEventLog } from "../../cli/agent/eventLog";
import { writeAtomically } from "../../cli/agent/writeAtomically";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-agent-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (name: string) => readFileSync(join(folder, name), "utf8");

describe("a file that lines are appended to", () => {
  test("keeps what it holds, in order, for owner and group alone", async () => {
    const path = join(folder, "a.log");
    for (const line of ["one\n", "two\n"]) {
      const file = await AppendFile.open(path);
      file.write(line);
      expect(file.busy).toBe(true);
      await file.flush();
      expect(file.busy).toBe(false);
      await file.close();
    }
    expect(read("a.log")).toBe("one\ntwo\n");
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("loses no line and splits none while it is rotated under load", async () => {
    const path = join(folder, "a.log");
    const file = await AppendFile.open(path);
    const lines = 5000;
    let rotations = 0;
    for (let line = 0; line < lines; line += 1) {
      file.write(`${line}\n`);
      if (line % 250 === 249) {
        // As logrotate does it: renamed first, told afterwards. Lines are still on their way meanwhile.
        while (!existsSync(path)) await turn();
        rotations += 1;
        renameSync(path, `${path}.${rotations}`);
        file.reopen();
      }
    }
    await file.close();
    const names = [...Array.from({ length: rotations }, (_, at) => `a.log.${at + 1}`), "a.log"];
    expect(rotations).toBe(20);
    expect(names.map(read).join("")).toBe(
      Array.from({ length: lines }, (_, line) => `${line}\n`).join(""),
    );
  });

  test("tells once what went wrong, and goes on", async () => {
    const path = join(folder, "gone", "a.log");
    execFileSync("mkdir", [join(folder, "gone")]);
    const file = await AppendFile.open(path);
    file.write("before\n");
    await file.flush();
    renameSync(join(folder, "gone"), join(folder, "moved"));
    file.reopen();
    file.write("after\n");
    await expect(file.flush()).rejects.toMatchObject({ code: "ENOENT", path });
    await file.flush();
    await file.close();
    // What cannot be opened anew is written on as it was.
    expect(read("moved/a.log")).toBe("before\nafter\n");
  });

  test("takes no more once four megabytes wait for a disk that hangs", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    // Opened, but never read from.
    const reader = spawn("sh", ["-c", 'exec 3<"$1"; exec sleep 60', "reader", path]);
    const file = await AppendFile.open(path);
    for (let count = 0; count < 6; count += 1) file.write("x".repeat(1024 ** 2));
    expect(file.busy).toBe(true);
    reader.kill("SIGKILL");
    await expect(file.flush()).rejects.toThrow(`${path} takes no more lines`);
    await file.close();
  });
});

test("an event is one line: time, level, event, fields", async () => {
  const lines: string[] = [];
  const log = createEventLog({ write: (line) => lines.push(line) });
  log.info({ event: "agent.heartbeat", services: [{ name: "ollama" }] });
  log.error({ event: "agent.reload", problems: ["a\nb"] });
  const [first = "", second = ""] = lines;
  const { time, ...fields } = JSON.parse(first);
  expect(time).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
  expect(fields).toEqual({
    level: "info",
    event: "agent.heartbeat",
    services: [{ name: "ollama" }],
  });
  expect(JSON.parse(second)).toMatchObject({ level: "error", problems: ["a\nb"] });
  for (const line of lines) expect(line.indexOf("\n")).toBe(line.length - 1);
});

describe("a file that is replaced", () => {
  test("holds the last text, and leaves nothing beside it", async () => {
    const path = join(folder, "status.json");
    await writeAtomically(path, "one");
    await writeAtomically(path, "two");
    expect(read("status.json")).toBe("two");
    expect(readdirSync(folder)).toEqual(["status.json"]);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("a reader never sees half of it", async () => {
    const path = join(folder, "status.json");
    const texts = ["a", "b"].map((letter) => letter.repeat(1024 ** 2));
    await writeAtomically(path, texts[0] ?? "");
    let writing = true;
    const writer = (async () => {
      for (let round = 0; round < 20; round += 1)
        await writeAtomically(path, texts[round % 2] ?? "");
      writing = false;
    })();
    let looks = 0;
    while (writing) {
      expect(texts).toContain(read("status.json"));
      looks += 1;
      await turn();
    }
    await writer;
    expect(looks).toBeGreaterThan(5);
  });

  test("stays as it was where the new text cannot be written", async () => {
    const path = join(folder, "status.json");
    await writeAtomically(path, "one");
    mkdirSync(`${path}.new`);
    await expect(writeAtomically(path, "two")).rejects.toMatchObject({ code: "EISDIR" });
    expect(read("status.json")).toBe("one");
  });
});
