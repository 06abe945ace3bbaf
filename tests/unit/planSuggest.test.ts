import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { nearest, suggest } from "../../plan/suggest";
import {
  expected,
  flag,
  list,
  mapping,
  object,
  oneOf,
  pattern,
  text,
  toProblems,
  whole,
  words,
} from "../../plan/validation";

const KEYS = ["profile", "services", "ports", "images", "models", "limits", "logging"];

test.each<[string, string | undefined]>([
  ["profil", "profile"],
  ["Profile", "profile"],
  ["PROFILES", "profile"],
  ["modles", "models"],
  ["port", "ports"],
  ["prts", "ports"],
  ["limit", "limits"],
  ["prots", "ports"],
  ["potrs", "ports"],
  ["prt", undefined],
  ["logs", undefined],
  ["xyz", undefined],
  ["", undefined],
  ["x", undefined],
  ["servicesservices", undefined],
])("the word nearest to %j is %s", (word, near) => {
  expect(nearest(word, KEYS)).toBe(near);
});

test("of two that are equally near, the first", () => {
  expect(nearest("cat", ["bat", "hat"])).toBe("bat");
  expect(nearest("hat", ["bat", "hat"])).toBe("hat");
});

test("the remedy has a guess only where there is one, and always the accepted words", () => {
  expect(suggest("on", ["one", "two"])).toBe('Did you mean "one"? Accepted: one, two');
  expect(suggest("seven", ["one", "two"])).toBe("Accepted: one, two");
});

const told = (schema: z.ZodType, value: unknown) => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  return toProblems(parsed.error, (path) => `at ${path.join("/")}`).map(
    ({ what, where }) => `${where}: ${what}`,
  );
};

describe("what a value must be", () => {
  test.each<[string, z.ZodType, unknown, string]>([
    ["missing", text(), undefined, "is missing; it must be a text"],
    ["null", text(), null, "must be a text, not empty"],
    ["a list", text(), [1], "must be a text, not a list"],
    ["a mapping", text(), { a: 1 }, "must be a text, not a mapping"],
    ["a number", text(), 5, "must be a text, not the number 5"],
    ["NaN", text(), Number.NaN, "must be a text, not the number NaN"],
    ["a flag", text(), true, "must be a text, not true"],
    ["no words", words(), "", "must not be empty"],
    ["text for a flag", flag(), "true", 'must be true or false, not "true"'],
    ["text for a list", list(text()), "a", 'must be a list, not "a"'],
    ["a mapping for a list", list(text()), {}, "must be a list, not a mapping"],
    ["a list for a mapping", mapping(text()), [], "must be a mapping, not a list"],
    ["a list for an object", object({}), [], "must be a mapping, not a list"],
    ["text for an object", object({}), "x", 'must be a mapping, not "x"'],
    ["text for a number", whole(1, 9), "5", 'must be a whole number, not "5"'],
    ["NaN for a number", whole(1, 9), Number.NaN, "must be a whole number, not the number NaN"],
    [
      "infinity",
      whole(1, 9),
      Number.POSITIVE_INFINITY,
      "must be a whole number, not the number Infinity",
    ],
    ["a fraction", whole(1, 9), 1.5, "must be a whole number from 1 to 9, not 1.5"],
    ["too small", whole(1, 9), 0, "must be a whole number from 1 to 9, not 0"],
    ["too large", whole(1, 9), 10, "must be a whole number from 1 to 9, not 10"],
    ["another form", pattern(/^a$/, "an a"), "b", 'must be an a, not "b"'],
    ["no text for a form", pattern(/^a$/, "an a"), 5, "must be a text, not the number 5"],
    [
      "another word",
      oneOf(["yes", "no"]),
      "yess",
      'unknown value "yess". Did you mean "yes"? Accepted: yes, no',
    ],
    ["no word", oneOf(["yes", "no"]), 5, "must be one of yes, no, not the number 5"],
    ["a missing word", oneOf(["yes", "no"]), undefined, "is missing; it must be one of yes, no"],
    [
      "a long text",
      pattern(/^a$/, "an a"),
      "b".repeat(100),
      `must be an a, not "${"b".repeat(57)}..."`,
    ],
    [
      "60 characters",
      pattern(/^a$/, "an a"),
      "b".repeat(60),
      `must be an a, not "${"b".repeat(60)}"`,
    ],
  ])("%s", (_what, schema, value, message) => {
    expect(told(schema, value)).toEqual([`at : ${message}`]);
  });

  test.each<[z.ZodType, unknown]>([
    [text(), ""],
    [words(), "a"],
    [flag(), false],
    [list(text()), []],
    [mapping(text()), {}],
    [whole(1, 9), 1],
    [whole(1, 9), 9],
    [oneOf(["a"]), "a"],
    [pattern(/^a$/, "an a"), "a"],
    [object({ a: text() }), { a: "" }],
  ])("%# is accepted", (schema, value) => {
    expect(told(schema, value)).toEqual([]);
  });

  test("expected tells a value of any kind", () => {
    expect(expected("a thing", undefined)).toBe("is missing; it must be a thing");
    expect(expected("a thing", null)).toBe("must be a thing, not empty");
    expect(expected("a thing", 10n)).toBe("must be a thing, not 10");
  });
});

test("every fault is told at its path, each unknown key with its own guess", () => {
  const schema = object({
    name: text(),
    ports: list(whole(1, 9)),
    inner: object({ flag: flag() }),
  });
  expect(
    told(schema, { nam: 1, prots: 2, ports: [1, 0, "x"], inner: { flag: 3, flagg: 4 } }),
  ).toEqual([
    "at name: is missing; it must be a text",
    "at ports/1: must be a whole number from 1 to 9, not 0",
    'at ports/2: must be a whole number, not "x"',
    "at inner/flag: must be true or false, not the number 3",
    'at inner/flagg: unknown key "flagg". Did you mean "flag"? Accepted: flag',
    'at nam: unknown key "nam". Did you mean "name"? Accepted: name, ports, inner',
    'at prots: unknown key "prots". Did you mean "ports"? Accepted: name, ports, inner',
  ]);
});

test("keys of a mapping may have a form of their own", () => {
  const schema = mapping(text(), pattern(/^[a-z]+$/, "lower case"));
  expect(told(schema, { a: "x", B: "y" })).toEqual(['at B: must be lower case, not "B"']);
});
