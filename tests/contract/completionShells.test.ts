import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelOf } from "../../cli/completion/model";
import { completionScript } from "../../cli/completion/scripts";
import { createProgram } from "../../cli/program";
import { Terminal } from "../support/terminal/tmux";

/** What tests/unit/completion.test.ts cannot show: that the shells themselves do it, when Tab is pressed. */
describe("Tab", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "aistack-completion-"));
    const verbs = modelOf(createProgram(() => {}));
    mkdirSync(join(folder, "zfunc"));
    writeFileSync(join(folder, "zfunc", "_aistack"), completionScript("zsh", verbs));
    writeFileSync(join(folder, "aistack.bash"), completionScript("bash", verbs));
    writeFileSync(join(folder, "aistack"), '#!/bin/sh\n[ "$2" = stacks ] && echo laboratory\n');
    chmodSync(join(folder, "aistack"), 0o755);
    writeFileSync(join(folder, "my images.tar"), "");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // The first line shows that the first Tab completes, too: zsh loads the function only then.
  const LINES = [
    ["images li", "images list"],
    ["images lock --arch", "images lock --architecture"],
    ["images lock --stack la", "images lock --stack laboratory"],
    ["status --stack=la", "status --stack=laboratory"],
    // Quoted as the shell itself does it.
    ["images load ./m", "images load ./my\\ images.tar"],
    ["gpu-check --save m", "gpu-check --save my\\ images.tar"],
  ] as const;

  const LOAD = {
    bash: ["source ./aistack.bash"],
    zsh: [
      "exec zsh -f",
      "PS1='$ '; fpath=($PWD/zfunc $fpath); autoload -Uz compinit; compinit -u -d ./dump",
    ],
  };

  it.each(["bash", "zsh"] as const)("in %s", async (shell) => {
    const terminal = await Terminal.open(folder, 80, 24);
    try {
      for (const line of ["PATH=$PWD:$PATH", ...LOAD[shell]]) await terminal.run(line);
      const completed: string[] = [];
      for (const [typed, whole] of LINES) {
        await terminal.run("clear");
        await terminal.waitFor((screen) => screen === "$");
        await terminal.type(`aistack ${typed}`);
        await terminal.press("Tab");
        completed.push(await terminal.waitFor((screen) => screen === `$ aistack ${whole}`));
        await terminal.press("C-c");
      }
      expect(completed).toEqual(LINES.map(([, whole]) => `$ aistack ${whole}`));
    } finally {
      await terminal.close();
    }
  });
});
