import { describe, expect, test } from "vitest";
import { formatBar } from "../../cli/progressBar";
import { ProgressLines } from "../../cli/progressLines";
import { progressReporter } from "../../cli/progressReporter";

test.each([
  [0, "░░░░░░░░░░░░░░░░░░░░░░░░   0 % x"],
  [0.5, "████████████░░░░░░░░░░░░  50 % x"],
  [1.5, "████████████████████████ 100 % x"],
])("a bar of %d", (share, bar) => expect(formatBar(share, "x", 80)).toBe(bar));

describe("on a narrow terminal a bar stays on its line", () => {
  const text = "hf.co/organisation/a-model-with-a-long-name:Q4_K_M: pulling 6a0746a1ec1a: 1.2 GiB";
  test.each([
    [80, "████████████░░░░░░░░░░░░  50 % hf.co/organisation/a-model-with-a-long-name:Q4_K…"],
    [40, "███████░░░░░░  50 % hf.co/organisation/…"],
    [10, "██░  50 %…"],
    [1, "…"],
  ])("%d columns", (columns, line) => {
    expect(formatBar(0.5, text, columns)).toBe(line);
    expect(line).toHaveLength(columns);
  });
});

describe("a step's progress", () => {
  const MIB = 1024 ** 2;
  const at = (done: number) => ({ done: done * MIB, total: 100 * MIB, text: `${done} MiB` });
  const report = (columns: (() => number) | undefined, ...steps: number[]) => {
    const written: string[] = [];
    const progress = progressReporter((line) => written.push(line), columns);
    for (const done of steps) progress("pulling", at(done));
    return written;
  };

  test("without a terminal: a plain line for each tenth", () => {
    expect(report(undefined, 0, 1, 9, 10, 19, 20, 100)).toEqual([
      "pulling: 0 % 0 MiB",
      "pulling: 10 % 10 MiB",
      "pulling: 20 % 20 MiB",
      "pulling: 100 % 100 MiB",
    ]);
  });

  test("on a terminal: a bar that fits it as it is at the moment", () => {
    const sizes = [80, 40];
    const columns = () => sizes.shift() ?? 0;
    expect(report(columns, 50, 50)).toEqual([
      "████████████░░░░░░░░░░░░  50 % pulling: 50 MiB",
      "██████░░░░░  50 % pulling: 50 MiB",
    ]);
  });

  test("of nothing to do is none", () => {
    const written: string[] = [];
    progressReporter((line) => written.push(line), undefined)("x", { done: 0, total: 0, text: "" });
    expect(written).toEqual(["x: 0 %"]);
  });
});

describe("an operation's output on a terminal", () => {
  let columns = 80;
  const show = (...texts: string[]) => {
    let shown = "";
    const write = (text: string) => {
      shown += text;
    };
    const lines = new ProgressLines(write, () => columns);
    for (const text of texts) lines.take(text);
    return shown;
  };
  const model = (percent: number) =>
    ` +  command:local:Command model-llama creating (3s) llama3.2:1b: pulling aaa: ${percent} % of 1.0 GiB\n`;

  test("a model's progress moves on one line, and gives way to the next", () => {
    expect(show(model(0), model(50), "    done\n")).toBe(
      "░░░░░░░░░░░░░░░░░░░░░░░░   0 % llama3.2:1b: pulling aaa: 1.0 GiB" +
        "\r\u001b[K████████████░░░░░░░░░░░░  50 % llama3.2:1b: pulling aaa: 1.0 GiB" +
        "\r\u001b[K    done\n",
    );
  });

  test("a bar leaves the last column free, where the line would break", () => {
    columns = 40;
    const [bar = ""] = show(model(50)).split("\r");
    columns = 80;
    expect(bar).toBe("███████░░░░░░  50 % llama3.2:1b: pulli…");
    expect(bar).toHaveLength(39);
  });

  test("it is known with Pulumi's colours, and in pieces", () => {
    const coloured = model(50).replace("creating", "\u001b[32mcreating\u001b[0m");
    expect(show(coloured.slice(0, 60), coloured.slice(60))).toBe(show(model(50)));
  });

  test("everything else passes as it comes", () => {
    expect(show("@ upda", "ting..", ".\n", "a 50 % of b\n")).toBe("@ updating...\na 50 % of b\n");
  });
});
