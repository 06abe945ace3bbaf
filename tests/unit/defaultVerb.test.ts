import type { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { completeWords, putVerbFirst } from "../../cli/defaultVerb";
import { createProgram } from "../../cli/program";
import { toUsageProblem } from "../../cli/usage";
import { formatProblem } from "../../plan/errors";

const VERBS = createProgram(() => {}).commands.map((verb) => verb.name());

describe("without a verb", () => {
  test.each<[string[], string[]]>([
    [[], ["ui"]],
    [["--json"], ["ui", "--json"]],
    [
      ["--stack", "lab"],
      ["ui", "--stack", "lab"],
    ],
    [
      ["-s", "lab", "--debug"],
      ["ui", "-s", "lab", "--debug"],
    ],
    [["--help"], ["--help"]],
    [["-h"], ["-h"]],
    [["--version"], ["--version"]],
    [["-V"], ["-V"]],
    [
      ["status", "--json"],
      ["status", "--json"],
    ],
    [["stauts"], ["stauts"]],
    [
      ["--", "status"],
      ["--", "status"],
    ],
  ])("%j", (typed, words) => {
    expect(completeWords(typed)).toEqual(words);
  });

  test("the default verb knows these options", () => {
    const ui = createProgram(() => {}).commands.find((verb) => verb.name() === "ui");
    const flags = ui?.options.map(({ long }) => long);
    expect(flags).toEqual(["--stack", "--json", "--debug", "--log-level"]);
  });
});

describe("options in front of their verb", () => {
  test.each<[string[], string]>([
    [
      ["--stack", "lab", "status"],
      'aistack: "status" stands behind its options. Write: aistack status --stack lab',
    ],
    [["--yes", "up"], 'aistack: "up" stands behind its options. Write: aistack up --yes'],
    [
      ["--stack", "lab", "extra"],
      'aistack: too many arguments for "ui". Expected 0 arguments but got 1: extra. See: aistack help ui',
    ],
    [["--yes"], 'aistack: unknown option "--yes". See: aistack help ui'],
  ])("%j", async (typed, message) => {
    const error = await createProgram(() => {})
      .parseAsync(completeWords(typed), { from: "user" })
      .then(
        () => expect.unreachable("it was accepted"),
        (reason: CommanderError) => reason,
      );
    expect(formatProblem(toUsageProblem(error, "ui", putVerbFirst(typed, VERBS)))).toBe(message);
  });

  test("a verb in its place is none", () => {
    expect(putVerbFirst(["status", "--stack", "up"], VERBS)).toBeUndefined();
  });
});
