import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { CommanderError } from "commander";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GROUPS, PAGES } from "../../cli/help/pages";
import { wrap } from "../../cli/help/wrap";
import { createProgram } from "../../cli/program";
import { toUsageProblem, verbOf } from "../../cli/usage";
import { formatProblem } from "../../plan/errors";

const program = createProgram(() => {});
const isHidden = (command: Command) => (command as unknown as { _hidden?: boolean })._hidden;
const visible = (command: Command) => command.commands.filter((verb) => !isHidden(verb));
const verbs = visible(program);
const pageOf = (...words: string[]) => {
  const command = words.reduce<Command>((parent, word) => {
    const found = parent.commands.find((verb) => verb.name() === word);
    if (found === undefined) throw new Error(`no verb ${word}`);
    return found;
  }, program);
  return command.helpInformation();
};

beforeEach(() => vi.stubEnv("NO_COLOR", "1"));
afterEach(() => vi.unstubAllEnvs());

describe("manual pages", () => {
  const names = verbs.flatMap((verb) => [
    verb.name(),
    ...visible(verb).map((own) => `${verb.name()} ${own.name()}`),
  ]);

  test("every verb has one", () => {
    expect(names.filter((name) => PAGES[name] === undefined)).toEqual([]);
  });

  test("the list of all verbs has every verb", () => {
    const listed = Object.values(GROUPS).flat();
    expect(verbs.map((verb) => verb.name()).filter((name) => !listed.includes(name))).toEqual([]);
  });

  test.each(names)("%s: with examples, and no line beyond 80 columns", (name) => {
    const page = pageOf(...name.split(" "));
    expect(page).toMatch(/^NAME\n {4}aistack \S/);
    expect(page).toContain("\n\nSYNOPSIS\n");
    expect(page.split("\n").filter((line) => line.length > 80 && line.includes(" ", 8))).toEqual(
      page
        .split("\n")
        .filter((line) => line.length > 80 && /^ {4}(aistack|\.\/|source|eval)/.test(line)),
    );
  });

  test("a page has all of its parts", () => {
    expect(pageOf("restart")).toBe(`NAME
    aistack restart - stop services and start them again

SYNOPSIS
    aistack restart [options] [service...]

DESCRIPTION
    Stops services as \`aistack stop\` does, then starts them as \`aistack start\`
    does.

ARGUMENTS
    <service>
        names of services; default: all of the stack's

OPTIONS
    -s, --stack <name>
        the stack; default: the selected one, or the only one
    --debug
        show the stack of an error
    --log-level <level>
        what goes into the log; default: info (choices: "trace", "debug",
        "info", "warn", "error", "fatal", "silent")
    -h, --help
        explain this verb

EXIT CODES
    0  done
    1  a service does not start or does not answer; its last log lines are shown
    2  wrong usage, or a container of that name is somebody else's; nothing was
       touched
    3  the container is not there (aistack up), or as for status

EXAMPLES
    aistack restart ollama
        for example after a driver update
`);
  });
});

describe("each verb", () => {
  const everyVerb = (command: Command): Command[] =>
    command.commands.flatMap((verb) => [verb, ...everyVerb(verb)]);
  const pathOf = (command: Command): string =>
    command.parent === null ? "" : `${pathOf(command.parent)} ${command.name()}`.trim();
  const all = everyVerb(program).map((command) => [pathOf(command), command] as const);
  const manual = readFileSync(join(import.meta.dirname, "../../docs/cli.md"), "utf8");

  test.each(all)("%s: its arguments and options are explained", (_path, command) => {
    const explained = (text: string | undefined) =>
      text !== undefined && /^\S.{5,}[^.\s]$/.test(text);
    const options = command.createHelp().visibleOptions(command);
    const silent = [
      ...options.filter(({ description }) => !explained(description)).map(({ flags }) => flags),
      ...command.registeredArguments
        .filter(({ description }) => !explained(description))
        .map((argument) => argument.name()),
    ];
    expect(silent).toEqual([]);
    expect(explained(command.description())).toBe(true);
  });

  test.each(all.filter(([, command]) => !isHidden(command)))(
    "%s: one of its own, with no second help beside ours",
    (_path, command) => {
      const own = command.createHelp().visibleCommands(command);
      expect(own.map((verb) => verb.name())).toEqual(visible(command).map((verb) => verb.name()));
    },
  );

  const printing = all.filter(([, { options }]) => options.some(({ long }) => long === "--json"));

  test("those that read print JSON", () => {
    expect(printing.map(([path]) => path).sort()).toEqual([
      "credentials",
      "detect",
      "doctor",
      "gpu-check",
      "idle-check",
      "images list",
      "logs",
      "models",
      "preview",
      "stacks",
      "status",
      "ui",
      "version",
    ]);
  });

  test.each(printing)("%s: the form of its JSON is in docs/cli.md", (path) => {
    const [, forms = ""] = manual.split("\n## JSON\n");
    const described = [...forms.matchAll(/^### (.+)$/gm)].flatMap(([, title = ""]) =>
      title.split(", "),
    );
    expect(described).toContain(path);
  });

  test.each(verbs.map((verb) => verb.name()))("%s: is in the table of docs/cli.md", (name) => {
    const rows = manual.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows.some((row) => row.split("|")[1]?.includes(`\`${name}`))).toBe(true);
  });
});

describe("wrong usage is told in one line", () => {
  const refusal = async (...words: string[]) => {
    const error = await createProgram(() => {})
      .parseAsync(words, { from: "user" })
      .then(() => undefined)
      .catch((reason: unknown) => reason);
    if (!(error instanceof CommanderError)) throw new Error("it was accepted");
    return formatProblem(toUsageProblem(error, verbOf(program, words)));
  };

  test.each([
    [["stauts"], 'aistack: there is no verb "stauts". Did you mean "status"? See: aistack help'],
    [["xyz"], 'aistack: there is no verb "xyz". See: aistack help'],
    [
      ["status", "--stakc", "x"],
      'aistack: unknown option "--stakc". Did you mean "--stack"? See: aistack help status',
    ],
    [["status", "--stack"], "--stack: its value is missing. See: aistack help status"],
    [
      ["logs", "--tail", "few"],
      '--tail: "few" is invalid. It must be a number or all. See: aistack help logs',
    ],
    [
      ["status", "extra"],
      'aistack: too many arguments for "status". Expected 0 arguments but got 1: extra. See: aistack help status',
    ],
    [
      ["install", "--profile", "huge"],
      '--profile: "huge" is invalid. Accepted: minimal, standard-gpu. See: aistack help install',
    ],
    ...[["up"], ["install"], ["detect"], ["images", "save"]].map((verb): [string[], string] => [
      [...verb, "--stack", "a/b"],
      `--stack: "a/b" is invalid. A name is of letters, digits, ".", "-" and "_". See: aistack help ${verb.join(" ")}`,
    ]),
    [["images", "build"], "<service>: it is missing. See: aistack help images build"],
    [
      ["images", "buid"],
      'aistack: there is no verb "buid". Did you mean "build"? See: aistack help images',
    ],
    [["images", "help"], 'aistack: there is no verb "help". See: aistack help images'],
    [
      ["completion", "tcsh"],
      '<shell>: "tcsh" is invalid. Accepted: bash, zsh, fish. See: aistack help completion',
    ],
  ])("%j", async (words, message) => {
    expect(await refusal(...words)).toBe(message);
  });
});

describe("help of what is not there", () => {
  test.each([
    [
      ["images", "biuld"],
      'aistack help: there is no verb "biuld". Did you mean "build"? Accepted: build, list, lock, save, load',
    ],
    [
      ["status", "extra"],
      'aistack help: "status" has no verbs of its own, such as "extra". See: aistack help status',
    ],
  ])("%j", async (words, message) => {
    await expect(
      createProgram(() => {}).parseAsync(["help", ...words], { from: "user" }),
    ).rejects.toMatchObject({ name: "StackError", message });
  });

  test("verbs for scripts alone are not named", async () => {
    const asked = createProgram(() => {}).parseAsync(["help", "xyz"], { from: "user" });
    await expect(asked).rejects.toThrow(/Accepted: install, .*, completion, help$/);
  });
});

test("lines are broken between words", () => {
  expect(wrap("one two  three", 9, 2)).toEqual(["  one two", "  three"]);
  expect(wrap("averyverylongword b", 8, 0)).toEqual(["averyverylongword", "b"]);
  expect(wrap("", 8, 0)).toEqual([]);
});
