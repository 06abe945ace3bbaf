import fc from "fast-check";
import { StackError } from "../../../plan/errors";
import type { StackPlan } from "../../../plan/plan";
import { COMPOSE_FILES, planTexts, STACK_FILE } from "./stack";

/**
 * Whatever stands in the Compose files and in the stack file, the outcome is a plan or a StackError
 * that a user can read. AISTACK_FUZZ_SEED repeats a run, AISTACK_FUZZ_RUNS sets the number of cases
 * of both files of tests together.
 */
export const SEED = Number(process.env.AISTACK_FUZZ_SEED ?? 20_261_122);
export const RUNS = Math.ceil(Number(process.env.AISTACK_FUZZ_RUNS ?? 10_000) / 2);

export const TEXTS = [...COMPOSE_FILES, STACK_FILE].map(({ text }) => text);

/** How often each of the two was the outcome. */
export const outcomes = { plans: 0, refusals: 0 };

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];

/** What every object has; the same before and after, or an input has reached it. */
export const prototypeKeys = () =>
  prototypes.map((prototype) => Object.getOwnPropertyNames(prototype).sort());

/** The only two outcomes there may be; anything else thrown fails the run with its input. */
export function judge(texts: readonly string[]): void {
  let plan: StackPlan;
  try {
    plan = planTexts(texts.slice(0, -1), texts.at(-1) ?? "");
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    outcomes.refusals += 1;
    judgeRefusal(error);
    return;
  }
  outcomes.plans += 1;
  judgePlan(plan);
}

function judgeRefusal({ problems, message }: StackError): void {
  if (problems.length === 0) throw new Error("a refusal without a problem");
  for (const { what, where } of problems) {
    if (what.trim() === "") throw new Error("a problem that does not say what is wrong");
    if (where === undefined || where === "") throw new Error(`no place is told of: ${what}`);
    if (/undefined|\[object|NaN:/.test(where)) throw new Error(`no place for people: ${where}`);
  }
  const lines = message.split("\n");
  if (lines.length !== problems.length) throw new Error(`not a line a problem: ${message}`);
  for (const line of lines) {
    if (/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(line))
      throw new Error(`control characters: ${JSON.stringify(line)}`);
    if (line.length > 1000) throw new Error(`a line of ${line.length} characters: ${line}`);
    // A user's text may say so too, but never at the beginning of a line.
    if (/^ {4}at /.test(line)) throw new Error(`a stack trace: ${message}`);
  }
}

/** A plan holds no value that the input smuggled past its type. */
function judgePlan({ services, networks, volumes, models }: StackPlan): void {
  for (const { container, endpoint, image } of services) {
    for (const { internal, external, ip } of container.ports) {
      if (![internal, external].every((port) => Number.isInteger(port) && port > 0 && port < 65536))
        throw new Error(`a port ${String(internal)}:${String(external)}`);
      if (!/^\d+\.\d+\.\d+\.\d+$/.test(ip)) throw new Error(`an address ${ip}`);
    }
    if (!/^http:\/\/\d+\.\d+\.\d+\.\d+:\d+$/.test(endpoint))
      throw new Error(`an endpoint ${endpoint}`);
    const words = [
      container.name,
      image.registryName,
      ...container.envs,
      ...(container.command ?? []),
    ];
    if (!words.every((word) => typeof word === "string")) throw new Error("a word that is no text");
  }
  for (const { name } of [...networks, ...volumes, ...models])
    if (typeof name !== "string" || name === "") throw new Error("an object without a name");
}

/** Words that mean something somewhere: to YAML, to Compose, to JavaScript, to us. */
const word = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "length",
  "name",
  "image",
  "services",
  "networks",
  "volumes",
  "ports",
  "ollama",
  "aistack",
  "config",
  "aistack:profile",
  "aistack:models",
  "aistack:ports",
  "aistack:__proto__",
  "aistack:constructor",
  "x-aistack",
  "x-other",
  "<<",
  "environment",
  "healthcheck",
  "depends_on",
  "limits",
  "latest",
  "",
  " ",
  "~",
  "null",
  "a\nb",
  "$X",
  "$$",
  "é",
  "😀",
  "    at fake (x.ts:1:1)",
);

const scalar = fc.oneof(
  word,
  fc.string({ maxLength: 30 }),
  fc.constantFrom("\ud800", "\uffff", "\u0085", "\u2028", "\u007f", "\u202e", "e\u0301", "\ufeff"),
  fc.integer(),
  fc.constantFrom(
    0,
    -1,
    0.5,
    1e21,
    65535,
    65536,
    70000,
    Number.MAX_SAFE_INTEGER,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
  ),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(
    "x".repeat(3000),
    "a/".repeat(500),
    "1".repeat(400),
    "8080:80",
    "16g",
    "5s",
    "file:/x",
    "a:1",
  ),
);

export const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie("node"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(word, fc.string({ maxLength: 8 })), tie("node"), { maxKeys: 4 }),
  ),
})).node;

/** YAML that no data structure becomes: tags, anchors, dates, broken quotes. */
export const fragment = fc.constantFrom(
  "!!timestamp 2001-12-14",
  "!!binary aGk=",
  "!!set {a, b}",
  "!!omap [a: 1]",
  "!reset null",
  "!override [1]",
  "!!js/function x",
  "&a [*a]",
  "*nowhere",
  "&a {b: *a}",
  "2001-12-14",
  "0022",
  "1_000",
  ".nan",
  "-.inf",
  "0x1F",
  "1e400",
  "'open",
  '"open',
  "[",
  "{",
  "|",
  ">-",
  "? [a]",
  "- - -",
  "{a: 1, a: 2}",
  "{__proto__: {ports: 1}}",
  "{constructor: {prototype: {x: 1}}}",
  "[1, [2, [3, [4]]]]",
  "{a: {b: {c: {d: e}}}}",
  "%YAML 1.1",
  "---",
  "...",
  "# comment",
  "\t",
  "\u0000",
  "\uFEFF",
  "@x",
  "`x`",
  "{<<: [{a: 1}, {b: 2}]}",
  "{<<: 5}",
  "!!str",
  "!<tag:x> y",
  "[".repeat(60),
  "{a: ".repeat(60),
);

export interface Edit {
  readonly file: number;
  readonly at: number;
  readonly kind:
    | "delete"
    | "rename"
    | "replace"
    | "duplicate"
    | "insert"
    | "wrap"
    | "move"
    | "fragment";
  readonly key: string;
  readonly value: unknown;
  readonly fragment: string;
}

export const edit: fc.Arbitrary<Edit> = fc.record({
  file: fc.nat(2),
  at: fc.nat(),
  kind: fc.constantFrom(
    "delete",
    "rename",
    "replace",
    "duplicate",
    "insert",
    "wrap",
    "move",
    "fragment",
  ),
  key: fc.oneof(word, fc.string({ maxLength: 8 })),
  value,
  fragment,
});

type Line = string;

const isContent = (text: Line) => text.trim() !== "" && !text.trim().startsWith("#");
const indentOf = (text: Line) => text.length - text.trimStart().length;

/** A line and everything below it that is indented further. */
function blockAt(lines: readonly Line[], start: number): number {
  const indent = indentOf(lines[start] ?? "");
  let end = start + 1;
  while (
    end < lines.length &&
    (!isContent(lines[end] ?? "") || indentOf(lines[end] ?? "") > indent)
  )
    end += 1;
  return end;
}

/** JSON is YAML on one line, and so stands wherever a value may; the numbers that JSON lacks are YAML's. */
export function inline(node: unknown): string {
  if (typeof node === "number") {
    if (Number.isNaN(node)) return ".nan";
    if (!Number.isFinite(node)) return ".inf";
  }
  if (Array.isArray(node)) return `[${node.map(inline).join(", ")}]`;
  if (typeof node === "object" && node !== null)
    return `{${Object.entries(node)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${inline(inner)}`)
      .join(", ")}}`;
  return JSON.stringify(node) ?? "null";
}

/** Changes one key or item of a file, together with what stands below it. */
export function applyEdit(
  text: string,
  { at, kind, key, value: node, fragment: piece }: Edit,
): string {
  const lines = text.split("\n");
  const contents = lines.flatMap((content, index) => (isContent(content) ? [index] : []));
  const start = contents[at % Math.max(1, contents.length)] ?? 0;
  const end = blockAt(lines, start);
  const block = lines.slice(start, end);
  const first = block[0] ?? "";
  const match = /^(\s*(?:- )?)((?:[^:\s]|:(?!\s|$))+)(:)(.*)$/.exec(first);
  const [, lead = first.slice(0, indentOf(first)), name = first.trim(), colon = "", rest = ""] =
    match ?? [];
  const around = (...middle: Line[]) =>
    [...lines.slice(0, start), ...middle, ...lines.slice(end)].join("\n");
  switch (kind) {
    case "delete":
      return around();
    case "rename":
      return around(`${lead}${JSON.stringify(key)}${colon}${rest}`, ...block.slice(1));
    case "replace":
      return around(`${lead}${colon === "" ? "- " : `${name}: `}${inline(node)}`);
    case "fragment":
      return around(`${lead}${colon === "" ? "- " : `${name}: `}${piece}`);
    case "duplicate":
      return around(...block, ...block);
    case "insert":
      return around(
        `${" ".repeat(indentOf(first))}${JSON.stringify(key)}: ${inline(node)}`,
        ...block,
      );
    case "wrap":
      return around(`${lead}${name}${colon} [${inline(node)}, ${inline(key)}]`);
    case "move":
      return [...lines.slice(0, start), ...lines.slice(end), ...block].join("\n");
  }
}
