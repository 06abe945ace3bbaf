import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NOTHING, renderUnit, type UnitSections, type UnitValue } from "../../plan/unitFile";
import { problemsOf } from "../support/plan/problems";

const unit = (Service: UnitSections["Service"]): UnitSections => ({
  Unit: { Description: "a test" },
  Service: Service ?? {},
});

/** The lines below `[Service]`. */
const service = (Service: UnitSections["Service"]) =>
  renderUnit("x.service", unit(Service)).split("[Service]\n")[1];

const faults = (value: UnitValue, directive = "Key") =>
  problemsOf(() => renderUnit("x.service", unit({ [directive]: value })));

describe("a unit's text", () => {
  test("has its sections in order, and a line for each value", () => {
    expect(
      renderUnit("x.service", {
        Unit: { Description: "one", After: ["a.service", "b.service"] },
        Service: { Type: "notify", RestartSec: 5, PrivateTmp: true, RemainAfterExit: false },
        Install: { WantedBy: "multi-user.target" },
      }),
    ).toBe(`[Unit]
Description=one
After=a.service
After=b.service

[Service]
Type=notify
RestartSec=5
PrivateTmp=yes
RemainAfterExit=no

[Install]
WantedBy=multi-user.target
`);
  });

  test.each<[string, UnitValue, string]>([
    ["a percent sign of a text stands for itself", "100% of %h", "100%% of %%h"],
    ["a share is one", { percent: 50 }, "50%"],
    ["nothing empties the directive", NOTHING, ""],
    ["a dollar sign of a text stays", "a $b", "a $b"],
    [
      "plain words of a command are not quoted",
      { words: ["/bin/a", "-x", "k=v"] },
      "/bin/a -x k=v",
    ],
    ["a word with a space is quoted", { words: ["/bin/a", "b c"] }, '/bin/a "b c"'],
    ["an empty word is one", { words: ["/bin/a", ""] }, '/bin/a ""'],
    ["a word that is a semicolon ends no command", { words: ["/bin/a", ";", "b"] }, '/bin/a ";" b'],
    [
      "quotes, backslashes and line breaks of a word are escaped",
      { words: ["/bin/a", "\"'\\\n\t\u007f"] },
      '/bin/a "\\"\'\\\\\\x0a\\x09\\x7f"',
    ],
    [
      "specifiers and variables in a word are its text",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of systemd's
      { words: ["/bin/a", "%n $HOME ${X}"] },
      '/bin/a "%%n $$HOME $${X}"',
    ],
    [
      "a variable of systemd's is one",
      { words: ["/bin/kill", { variable: "MAINPID" }] },
      "/bin/kill $MAINPID",
    ],
    ["a privileged command is marked", { privileged: true, words: ["/bin/a"] }, "+/bin/a"],
  ])("%s", (_, value, text) => {
    expect(service({ Key: value })).toBe(`Key=${text}\n`);
  });
});

describe("what cannot be written is refused", () => {
  const where = 'x.service: [Service] "Key": ';

  test.each<[UnitValue, string]>([
    ["", "is empty. Leave the directive out, or empty it explicitly"],
    [
      "a\nExecStartPre=/bin/evil",
      "holds a line break or another control character. Write it on one line",
    ],
    ["a\rb", "holds a line break or another control character. Write it on one line"],
    ["a\0b", "holds a line break or another control character. Write it on one line"],
    ["a\u0085b", "holds a line break or another control character. Write it on one line"],
    ["continued\\", "holds a quotation mark or a backslash. Write it without"],
    ['a "b"', "holds a quotation mark or a backslash. Write it without"],
    ["it's", "holds a quotation mark or a backslash. Write it without"],
    [" a", "begins or ends with a space. Write it without"],
    ["a ", "begins or ends with a space. Write it without"],
    ["a\ud800", "is no valid Unicode text"],
    [-1, "-1 is no whole number of 0 or more"],
    [1.5, "1.5 is no whole number of 0 or more"],
    [Number.NaN, "NaN is no whole number of 0 or more"],
    [{ percent: 0.5 }, "0.5 is no whole number of 0 or more"],
    [
      { words: [] },
      "does not begin with the path of an executable. Begin with an absolute path of letters, digits and . _ / @ + -",
    ],
    [
      { words: ["-/bin/a"] },
      "does not begin with the path of an executable. Begin with an absolute path of letters, digits and . _ / @ + -",
    ],
    [
      { words: ["/bin/a b"] },
      "does not begin with the path of an executable. Begin with an absolute path of letters, digits and . _ / @ + -",
    ],
    [
      { words: [{ variable: "MAINPID" }] },
      "does not begin with the path of an executable. Begin with an absolute path of letters, digits and . _ / @ + -",
    ],
    [{ words: ["/bin/a", "b\0"] }, "holds a NUL character, which no argument can"],
    [{ words: ["/bin/a", "\udc00"] }, "is no valid Unicode text"],
  ])("%j", (value, what) => {
    expect(faults(value)).toEqual([where + what]);
  });

  test.each(["", "lower", "A B", "A=B", "A\nB", "[Service]"])("the directive %j", (directive) => {
    expect(faults("x", directive)).toEqual([
      `x.service: [Service] ${JSON.stringify(directive)}: is no name of a directive. Write it as systemd.directives(7) does`,
    ]);
  });

  test("every fault is told at once", () => {
    expect(
      problemsOf(() =>
        renderUnit("x.service", { Unit: { Description: "" }, Service: { A: ["ok", " b"] } }),
      ),
    ).toEqual([
      'x.service: [Unit] "Description": is empty. Leave the directive out, or empty it explicitly',
      'x.service: [Service] "A": begins or ends with a space. Write it without',
    ]);
  });
});

describe("for any text", () => {
  const anything = fc.string({ unit: "binary", maxLength: 40 });

  test("a value that is taken is one line, and reads back as it was", () => {
    const unit = fc.constantFrom(..."ab =%$\n\r\0\"'\\[]#;\u0085\ud800é");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (text) => {
        const taken = text !== "" && text === text.trim() && !/[\p{Cc}"'\\\ud800]/u.test(text);
        expect(faults(text)).toHaveLength(taken ? 0 : 1);
        if (!taken) return;
        expect(service({ Key: text })?.replaceAll("%%", "%")).toBe(`Key=${text}\n`);
      }),
    );
  });

  test("words that are taken are those that the executable gets", () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 5 }), (words) => {
        fc.pre(words.every((word) => !word.includes("\0") && !/\p{Surrogate}/u.test(word)));
        const line = service({ ExecStart: { words: ["/bin/a", ...words] } });
        expect(line?.split("\n")).toHaveLength(2);
        expect(readWords(line?.slice("ExecStart=".length, -1) ?? "")).toEqual(["/bin/a", ...words]);
      }),
    );
  });
});

/** A command line as systemd takes it apart: quotes and C escapes, then specifiers, then variables. */
function readWords(line: string): string[] {
  const quoted = /"((?:[^"\\]|\\.)*)"|([^\s"]+)/gsu;
  return [...line.matchAll(quoted)].map(([, inQuotes, bare = ""]) =>
    (inQuotes ?? bare)
      .replaceAll(/\\(x[0-9a-f]{2}|.)/gsu, (_, code: string) =>
        code.startsWith("x") ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : code,
      )
      .replaceAll(/%(.)/gsu, (_, specifier: string) => (specifier === "%" ? "%" : `<${specifier}>`))
      .replaceAll(/\$(.)/gsu, (_, variable: string) => (variable === "$" ? "$" : `<${variable}>`)),
  );
}
