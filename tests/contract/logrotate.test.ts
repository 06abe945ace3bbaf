import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTick } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppendFile } from "../../cli/agent/appendFile";
import { type RotationSpec, renderLogrotate } from "../../plan/logrotateFile";

/*
 * What logrotate makes of the files written for it. Its exit code is no test: an unknown directive or an ignored file
 * ends with 0, so its messages are read, and the files that it leaves.
 */

/** Bytes that a file has to hold before it is rotated under load. */
const LOAD = 64 * 1024;

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-logrotate-"));
  mkdirSync(join(folder, "log"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const spec = (changes: Partial<RotationSpec> = {}): RotationSpec => ({
  folder: join(folder, "log"),
  ending: ".log",
  keep: 7,
  reopen: ["true"],
  ...changes,
});

/** Runs logrotate on our file. @throws Error where it has an error to tell */
async function rotate(text: string, ...flags: readonly string[]): Promise<string> {
  const file = join(folder, "rotation");
  writeFileSync(file, text, { mode: 0o644 });
  const state = join(folder, "state");
  const { all } = await execa("logrotate", ["-v", "-s", state, ...flags, file], { all: true });
  const errors = all.split("\n").filter((line) => /^error:|ignoring/i.test(line));
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return all;
}

const force = (text: string) => rotate(text, "-f");

/** Content by name; what is compressed is unpacked. */
function logs(): Map<string, string> {
  const log = join(folder, "log");
  return new Map(
    readdirSync(log)
      .sort()
      .map((name) => {
        const content = readFileSync(join(log, name));
        return [name, (name.endsWith(".gz") ? gunzipSync(content) : content).toString("utf8")];
      }),
  );
}

describe("logrotate", () => {
  it("reads every directive, and finds the logs", async () => {
    writeFileSync(join(folder, "log", "a.log"), "line\n");
    const text = renderLogrotate("x", [spec({ maxAgeDays: 30, maxSizeMiB: 15 })]);
    const said = await rotate(text, "-d");
    expect(said).toContain("Handling 1 logs");
    expect(said).toContain(`considering log ${folder}/log/a.log`);
    expect(said).toContain("after 1 days (7 rotations)");
    expect([...logs().keys()]).toEqual(["a.log"]);
  });

  it("would say so, were a directive wrong", async () => {
    const text = renderLogrotate("x", [spec()]).replace("rotate 7", "rotat 7");
    await expect(rotate(text, "-d")).rejects.toThrow("unknown option 'rotat' -- ignoring line");
  });

  it("keeps what is to be kept, compressed from the second day on, and nothing that is empty", async () => {
    const text = renderLogrotate("x", [spec({ keep: 3 })]);
    writeFileSync(join(folder, "log", "empty.log"), "");
    for (let day = 1; day <= 5; day += 1) {
      writeFileSync(join(folder, "log", "a.log"), `day ${day}\n`);
      await force(text);
    }
    expect([...logs()]).toEqual([
      ["a.log.1", "day 5\n"],
      ["a.log.2.gz", "day 4\n"],
      ["a.log.3.gz", "day 3\n"],
      ["empty.log", ""],
    ]);
  });

  it("rotates before the day is over once a file is too large", async () => {
    const text = renderLogrotate("x", [spec({ maxSizeMiB: 1 })]);
    writeFileSync(join(folder, "log", "large.log"), "x".repeat(1024 ** 2 + 1));
    writeFileSync(join(folder, "log", "small.log"), "x".repeat(1024 ** 2 - 1));
    await rotate(text);
    expect([...logs().keys()]).toEqual(["large.log.1", "small.log"]);
  });

  it("loses no line of a writer under load, which opens its file anew when it is told", async () => {
    const current = join(folder, "log", "agent.log");
    const writer = await AppendFile.open(current);
    const reopen = () => writer.reopen();
    process.on("SIGUSR1", reopen);
    const text = renderLogrotate("x", [spec({ reopen: [`kill -USR1 ${process.pid}`] })]);
    let count = 0;
    let rotating = true;
    const rotations = (async () => {
      for (let times = 0; times < 6; times += 1) {
        while (!existsSync(current) || statSync(current).size < LOAD) await nextTick();
        await force(text);
      }
      rotating = false;
    })();
    while (rotating) {
      for (let burst = 0; burst < 50; burst += 1) {
        count += 1;
        writer.write(`${JSON.stringify({ count, text: "x".repeat(200) })}\n`);
      }
      await writer.flush();
      await nextTick();
    }
    await rotations;
    await writer.close();
    process.off("SIGUSR1", reopen);

    const files = logs();
    expect([...files.keys()]).toEqual([
      "agent.log",
      "agent.log.1",
      ...[2, 3, 4, 5, 6].map((number) => `agent.log.${number}.gz`),
    ]);
    const age = (name: string) => Number(/\d+/.exec(name)?.[0] ?? 0);
    const inOrder = [...files].sort(([one], [other]) => age(other) - age(one));
    const numbers = inOrder.flatMap(([, content]) =>
      content
        .split("\n")
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { count: number }).count),
    );
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    for (const [, content] of inOrder.slice(0, -1))
      expect(content.length).toBeGreaterThanOrEqual(LOAD);
  });
});
