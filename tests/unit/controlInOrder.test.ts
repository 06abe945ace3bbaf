import { describe, expect, test } from "vitest";
import { runInOrder } from "../../cli/control/inOrder";
import { OperationError, StackError } from "../../plan/errors";

const ITEMS = ["web", "ollama", "localai"].map((name) => ({ name }));
const WAITS: Record<string, string[]> = { web: ["ollama", "localai", "elsewhere"] };
const waitsFor = ({ name }: { name: string }) => WAITS[name] ?? [];

test("an item waits for those it names; the others begin at once", async () => {
  const log: string[] = [];
  await runInOrder(ITEMS, waitsFor, async ({ name }) => {
    log.push(`begin ${name}`);
    await new Promise((done) => setTimeout(done, 5));
    log.push(`end ${name}`);
  });
  expect(log.slice(0, 2).sort()).toEqual(["begin localai", "begin ollama"]);
  expect(log.slice(-2)).toEqual(["begin web", "end web"]);
  expect(log).toHaveLength(6);
});

describe("a failure", () => {
  const failing = (errors: Record<string, Error>, done: string[] = []) =>
    runInOrder(ITEMS, waitsFor, async ({ name }) => {
      const error = errors[name];
      if (error !== undefined) throw error;
      done.push(name);
    });

  test("leaves alone what waits for it; the others go on, and it is told once", async () => {
    const done: string[] = [];
    const run = failing({ ollama: new StackError([{ what: "no", where: "ollama" }]) }, done);
    await expect(run).rejects.toThrow(new OperationError([{ what: "no", where: "ollama" }]));
    expect(done).toEqual(["localai"]);
  });

  test("of several, every one is told", async () => {
    const errors = {
      ollama: new StackError([{ what: "one" }]),
      localai: new StackError([{ what: "two" }]),
    };
    await expect(failing(errors)).rejects.toMatchObject({
      name: "OperationError",
      problems: [{ what: "one" }, { what: "two" }],
    });
  });

  test("that is a bug stays what it is", async () => {
    const bug = new TypeError("x is undefined");
    await expect(failing({ ollama: bug })).rejects.toBe(bug);
  });
});
