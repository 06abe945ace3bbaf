import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modelOf } from "../../cli/completion/model";
import { completionScript } from "../../cli/completion/scripts";
import { createProgram } from "../../cli/program";

const VERBS = modelOf(createProgram(() => {}));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-completion-"));
  // What the script asks for names of stacks and services.
  const command = join(folder, "aistack");
  writeFileSync(
    command,
    '#!/bin/sh\n[ "$1 $2" = "names stacks" ] && printf "lab\\nminimal\\n"\n[ "$1 $2" = "names services" ] && printf "ollama\\nopenwebui\\n"\ntrue\n',
  );
  chmodSync(command, 0o755);
  writeFileSync(join(folder, "completion.bash"), completionScript("bash", VERBS));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash would offer after these words; the last one is being typed. */
function complete(...words: string[]): string[] {
  const typed = [`${folder}/aistack`, ...words];
  const script = [
    "set -eu",
    `source ${folder}/completion.bash`,
    // Bash itself finds the function by the command's name without its folder.
    'complete -p aistack | grep -q -- "-F _aistack aistack"',
    `COMP_WORDS=(${typed.map((word) => `'${word}'`).join(" ")})`,
    `COMP_CWORD=${typed.length - 1}`,
    "_aistack",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join("\n");
  return execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8" }).trim().split("\n");
}

describe("in bash", () => {
  test.each<[string, string[], string[]]>([
    ["verbs", ["st"], ["status", "start", "stop", "stacks"]],
    ["a verb's options", ["logs", "--t"], ["--tail", "--timestamps"]],
    ["names of services", ["restart", ""], ["ollama", "openwebui"]],
    ["names of services that begin so", ["logs", "-f", "op"], ["openwebui"]],
    ["names of stacks after --stack", ["status", "--stack", ""], ["lab", "minimal"]],
    ["names of stacks after -s", ["status", "-s", "l"], ["lab"]],
    ["the words that an option accepts", ["install", "--profile", ""], ["minimal", "standard-gpu"]],
    ["the words that an argument accepts", ["completion", ""], ["bash", "zsh", "fish"]],
    ["a verb's own verbs", ["images", "bu"], ["build"]],
    ["verbs to explain", ["help", "dest"], ["destroy"]],
    ["nothing where there is nothing to offer", ["status", "x"], [""]],
  ])("%s", (_what, words, offered) => {
    const expected = words[0] === "st" ? [...offered].sort() : offered;
    const got = complete(...words);
    expect(words[0] === "st" ? got.sort() : got).toEqual(expected);
  });

  test("the hidden verb that scripts ask is not offered", () => {
    expect(complete("")).not.toContain("names");
  });
});

describe("other shells", () => {
  test("fish: a line for each verb and option, names asked for when needed", () => {
    const script = completionScript("fish", VERBS).split("\n");
    expect(script).toContain(
      "complete -c aistack -n '__fish_seen_subcommand_from restart' -a '(__aistack_names services)'",
    );
    expect(script).toContain(
      "complete -c aistack -n '__fish_seen_subcommand_from status' -s s -l stack -r -a '(__aistack_names stacks)' -d 'the stack; default: the selected one, or the only one'",
    );
  });

  test("zsh: the file is an autoloaded function for the command", () => {
    const script = completionScript("zsh", VERBS);
    expect(script.split("\n")[0]).toBe("#compdef aistack");
    expect(script).toContain("'restart:stop services and start them again'");
    expect(script).toContain(
      `        restart:*) compadd -- \${(f)"$("\${words[1]}" names services 2>/dev/null)"} ;;`,
    );
  });
});
