import { expect, test } from "vitest";
import {
  formatProblem,
  HostNotReadyError,
  OperationError,
  type Problem,
  ProblemList,
  StackError,
} from "../../plan/errors";
import { foreign, plain, quote } from "../../plan/quote";

test.each<[Problem, string]>([
  [{ what: "it is wrong" }, "it is wrong"],
  [{ what: "it is wrong", where: "a.yaml:3" }, "a.yaml:3: it is wrong"],
  [{ what: "it is wrong", fix: "Mend it" }, "it is wrong. Mend it"],
  [{ what: "it is wrong", where: "aistack:x", fix: "Mend it" }, "aistack:x: it is wrong. Mend it"],
])("a problem is told as where, what, fix: %j", (problem, told) => {
  expect(formatProblem(problem)).toBe(told);
});

test("an error's message is all of its problems, a line each", () => {
  const problems = [
    { what: "first", where: "a" },
    { what: "second", fix: "Do" },
  ];
  const error = new StackError(problems);
  expect(error.message).toBe("a: first\nsecond. Do");
  expect(error.problems).toBe(problems);
  expect(error).toBeInstanceOf(Error);
});

test.each([
  ["StackError", StackError],
  ["OperationError", OperationError],
  ["HostNotReadyError", HostNotReadyError],
] as const)("%s has its name, is a StackError, and keeps its cause", (name, Kind) => {
  const cause = new Error("deeper");
  const error = new Kind([{ what: "failed" }], { cause });
  expect(error.name).toBe(name);
  expect(error).toBeInstanceOf(StackError);
  expect(error.cause).toBe(cause);
  expect(error.message).toBe("failed");
});

test("the two other kinds are told apart, since each has an exit code of its own", () => {
  expect(new OperationError([])).not.toBeInstanceOf(HostNotReadyError);
  expect(new HostNotReadyError([])).not.toBeInstanceOf(OperationError);
});

test("a list throws everything collected, in order, and nothing where it is empty", () => {
  const list = new ProblemList();
  expect(() => list.throwIfAny()).not.toThrow();
  list.add({ what: "one" });
  list.addAll([{ what: "two" }, { what: "three" }]);
  expect(list.problems).toEqual([{ what: "one" }, { what: "two" }, { what: "three" }]);
  expect(() => list.throwIfAny()).toThrow(new StackError(list.problems));
  expect(() => list.throwIfAny()).toThrow("one\ntwo\nthree");
});

test.each([
  ["", '""', ""],
  ["abc", '"abc"', "abc"],
  ['a "b"', '"a \\"b\\""', 'a "b"'],
  ["a\nb", '"a\\nb"', '"a\\nb"'],
  ["\u0000", '"\\u0000"', '"\\u0000"'],
  ["é 😀", '"é 😀"', "é 😀"],
  ["\u007f\u0085\u2028", '"\\u007f\\u0085\\u2028"', '"\\u007f\\u0085\\u2028"'],
  ["reversed \u202e", '"reversed \\u202e"', '"reversed \\u202e"'],
  ["x".repeat(60), `"${"x".repeat(60)}"`, "x".repeat(60)],
  ["x".repeat(61), `"${"x".repeat(57)}..."`, `${"x".repeat(57)}...`],
])("a user's text %j is quoted on one line, and cut where it is long", (text, quoted, told) => {
  expect(quote(text)).toBe(quoted);
  expect(plain(text)).toBe(told);
});

test.each([
  ["Map keys must be unique", "Map keys must be unique"],
  ["first\nsecond", "first"],
  ["bad \u0007 bell", "bad \\u0007 bell"],
  ["x".repeat(200), "x".repeat(200)],
  ["x".repeat(201), `${"x".repeat(197)}...`],
])("another library's message is one line of 200 characters at most", (message, told) => {
  expect(foreign(message)).toBe(told);
});
