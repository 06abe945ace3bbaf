import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Terminal } from "../support/terminal/tmux";

/** What tests/unit/progress.test.ts and steps.test.ts cannot show: the list with its bar on a real terminal. */
describe("progress on a terminal", () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "aistack-progress-"));
    await build({
      stdin: {
        resolveDir: join(import.meta.dirname, "../.."),
        loader: "ts",
        contents: `
          import { runSteps } from "./cli/steps";
          const text = "50 MiB of 100 MiB, of a model whose name is longer than the line is wide";
          await runSteps([{
            title: "model",
            run: ({ progress }) => new Promise(() => {
              setInterval(() => progress("pulling", { done: 50, total: 100, text }), 100);
            }),
          }]);`,
      },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: join(folder, "progress.mjs"),
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("a bar keeps to its line, also after a resize, without colours; Ctrl+C gives the cursor back", async () => {
    const terminal = await Terminal.open(folder, 80, 24, { NO_COLOR: "1" });
    const bars = (screen: string) => screen.split("\n").filter((line) => line.includes(" 50 % "));
    try {
      await terminal.run(`${process.execPath} progress.mjs`);
      const wide = "  › ████████████░░░░░░░░░░░░  50 % pulling: 50 MiB of 100 MiB, of a model who…";
      await terminal.waitFor((screen) => bars(screen).at(-1) === wide);
      expect(wide.length).toBeLessThan(80);
      expect(await terminal.colouredScreen()).not.toContain("\u001b[");
      expect(await terminal.modes()).toEqual({ alternate: false, cursor: false });

      await terminal.resize(40, 24);
      const narrow = "  › ██████░░░░░  50 % pulling: 50 MiB…";
      await terminal.waitFor((screen) => bars(screen).at(-1) === narrow);

      await terminal.press("C-c");
      await terminal.waitFor((screen) => screen.endsWith("\n$"));
      expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });
      await terminal.run("echo code=$?");
      await terminal.waitFor((screen) => screen.includes("\ncode=130"));
    } finally {
      await terminal.close();
    }
  });
});
