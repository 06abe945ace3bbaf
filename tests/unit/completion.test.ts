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
    `#!/bin/sh
case "$1 $2" in
  "names stacks") printf "lab\\nminimal\\n" ;;
  "names services") printf "ollama\\nopenwebui\\n" ;;
  "names known-services") printf "localai\\nollama\\nopenwebui\\n" ;;
  "names recipes") printf "ollama\\n" ;;
esac
`,
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
    // Outside of a completion, bash refuses it.
    'compopt() { printf "%s\\n" "$*"; }',
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
    ["the choices of an option", ["preview", "--log-level", "wa"], ["warn"]],
    ["a verb's own verbs", ["images", "bu"], ["build"]],
    ["a nested verb's options", ["images", "lock", "--arch"], ["--architecture"]],
    ["names of stacks for a nested verb", ["images", "lock", "--stack", ""], ["lab", "minimal"]],
    ["names of images that can be built", ["images", "build", ""], ["ollama"]],
    ["one image, and no second", ["images", "build", "ollama", ""], [""]],
    ["services that could be installed", ["install", "lo"], ["localai"]],
    ["arguments after an option's value", ["restart", "--stack", "lab", "op"], ["openwebui"]],
    ["a second service", ["restart", "ollama", "op"], ["openwebui"]],
    ["a value after =", ["status", "--stack", "=", "l"], ["lab"]],
    ["all values after =", ["status", "--stack", "="], ["lab", "minimal"]],
    ["options of the default verb", ["--st"], ["--stack"]],
    ["names of stacks without a verb", ["--stack", ""], ["lab", "minimal"]],
    ["verbs to explain", ["help", "dest"], ["destroy"]],
    ["a verb's own verbs to explain", ["help", "images", "sa"], ["save"]],
    ["files to write", ["images", "save", "./"], ["-o default"]],
    ["files to read", ["images", "load", "--stack", "lab", ""], ["-o default"]],
    ["one file, and no second", ["images", "save", "a.tar", ""], [""]],
    ["files after an option that may have one", ["gpu-check", "--save", "/t"], ["-o default"]],
    ["options after that, too", ["gpu-check", "--save", "--js"], ["--json"]],
    ["files after an option", ["agent", "--config", ""], ["-o default"]],
    ["nothing where there is nothing to offer", ["status", "x"], [""]],
    ["nothing where the value is free", ["logs", "--tail", ""], [""]],
    ["nothing after a word that is no verb", ["stauts", ""], [""]],
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
    expect(script).toEqual(
      expect.arrayContaining([
        "complete -c aistack -n '__aistack_at' -a images -d 'the images that services run from'",
        "complete -c aistack -n '__aistack_at restart' -a '(__aistack_names services)'",
        "complete -c aistack -n '__aistack_at status' -s s -l stack -x -a '(__aistack_names stacks)' -d 'the stack; default: the selected one, or the only one'",
        "complete -c aistack -n '__aistack_at images build' -a '(__aistack_names recipes)'",
        "complete -c aistack -n '__aistack_at images save' -F",
        "complete -c aistack -n '__aistack_at agent' -l config -r -F -d 'its configuration'",
        "complete -c aistack -n '__aistack_at gpu-check; and contains -- (commandline -opc)[-1] --save' -F",
        "complete -c aistack -n '__aistack_at gpu-check' -l save -d 'write the report to a file; default: /var/lib/aistack/gpu_report.json'",
      ]),
    );
    expect(script.find((line) => line.startsWith("set -g __aistack_verbs"))).toContain(
      "'images' 'images build' 'images list' 'images lock' 'images save' 'images load'",
    );
  });

  test("zsh: the file is an autoloaded function for the command", () => {
    const script = completionScript("zsh", VERBS).split("\n");
    expect(script[0]).toBe("#compdef aistack");
    expect(script).toEqual(
      expect.arrayContaining([
        `        'restart:'*) compadd -- \${(f)"$("\${words[1]}" names services 2>/dev/null)"} ;;`,
        "        'images save:0') _files ;;",
      ]),
    );
  });
});
