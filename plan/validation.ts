import * as z from "zod";
import type { Problem } from "./errors";
import { quote } from "./quote";
import { suggest } from "./suggest";
import type { Path } from "./yamlDocument";

/** An object with exactly these keys; a key beyond them is named with its nearest accepted one. */
export function object<Shape extends z.ZodRawShape>(shape: Shape) {
  const accepted = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? (issue.keys ?? [])
            .map((key) => `unknown key ${quote(key)}. ${suggest(key, accepted)}`)
            .join("\n")
        : expected("a mapping", issue.input),
  });
}

/** One of a closed set of words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, {
    error: (issue) =>
      typeof issue.input === "string"
        ? `unknown value ${quote(issue.input)}. ${suggest(issue.input, words)}`
        : expected(`one of ${words.join(", ")}`, issue.input),
  });
}

export const text = () => z.string({ error: (issue) => expected("a text", issue.input) });

export const words = () => text().min(1, { error: "must not be empty" });

export const flag = () => z.boolean({ error: (issue) => expected("true or false", issue.input) });

export const list = <Item extends z.ZodType>(item: Item) =>
  z.array(item, { error: (issue) => expected("a list", issue.input) });

/** Any keys, or those that are of a form. */
export const mapping = <Value extends z.ZodType>(
  value: Value,
  key: z.ZodType<string, string> = z.string(),
) =>
  z.record(key, value, {
    error: (issue) =>
      issue.code === "invalid_key"
        ? (issue.issues?.[0]?.message ?? "is not accepted as a key")
        : expected("a mapping", issue.input),
  });

/** A whole number within bounds, both included. */
export const whole = (least: number, most: number) =>
  z
    .number({ error: (issue) => expected("a whole number", issue.input) })
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, {
      error: (issue) =>
        `must be a whole number from ${least} to ${most}, not ${String(issue.input)}`,
    });

/** A text of a certain form; `form` says which, for the message. */
export const pattern = (expression: RegExp, form: string) =>
  text().refine((value) => expression.test(value), {
    error: (issue) => `must be ${form}, not ${shown(issue.input)}`,
  });

/** An address of this machine alone, with its port: what is served there is meant for nobody else. */
export const loopbackAddress = () =>
  pattern(
    /^127\.0\.0\.1:(?:[1-9]\d{1,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/,
    "an address on loopback such as 127.0.0.1:9464",
  );

/** "must be a list, not the text "abc"", or "is missing". */
export function expected(form: string, input: unknown): string {
  return input === undefined
    ? `is missing; it must be ${form}`
    : `must be ${form}, not ${shown(input)}`;
}

function shown(input: unknown): string {
  if (input === null) return "empty";
  if (Array.isArray(input)) return "a list";
  if (typeof input === "object") return "a mapping";
  if (typeof input === "string") return quote(input);
  return `${typeof input === "number" ? "the number " : ""}${String(input)}`;
}

/**
 * A validation's outcome as problems, one for each fault, each at its place in the file.
 * @param placeOf a path's place, for people
 */
export function toProblems(error: z.ZodError, placeOf: (path: Path) => string): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      const messages = issue.message.split("\n");
      return issue.keys.map((key, index) => ({
        what: messages[index] ?? `unknown key ${quote(key)}`,
        where: placeOf([...path, key]),
      }));
    }
    return [{ what: issue.message, where: placeOf(path) }];
  });
}
