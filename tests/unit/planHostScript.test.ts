import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HostScript, quoteForShell, renderHostScript } from "../../plan/hostScript";

/** Runs a script as the components do, by standard input. */
function run(script: Partial<HostScript>, verb: string) {
  const input = renderHostScript({ create: ":", environment: {}, ...script });
  const { status, stdout, stderr } = spawnSync("sh", ["-s", verb], { input, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("a script for a host", () => {
  test("is one text that a shell reads in full before it runs any of it", () => {
    expect(
      renderHostScript({
        create: "echo up",
        delete: "echo down",
        environment: { PLACE: "here", NAME: "it's" },
      }),
    ).toBe(
      `{
set -eu
umask 022
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PLACE='here'
export NAME='it'\\''s'
case $1 in
create)
echo up
;;
delete)
echo down
;;
esac
} </dev/null
`,
    );
  });

  test("has the same variables when it makes and when it undoes", () => {
    const script = {
      create: 'echo "made $WHAT"',
      delete: 'echo "undid $WHAT"',
      environment: { WHAT: "it" },
    };
    expect(run(script, "create")).toEqual({ status: 0, stdout: "made it\n", stderr: "" });
    expect(run(script, "delete")).toEqual({ status: 0, stdout: "undid it\n", stderr: "" });
  });

  test("without a part that undoes, does nothing", () => {
    expect(run({ create: "exit 1" }, "delete")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("ends at the first command that fails", () => {
    expect(run({ create: "false\necho never" }, "create")).toMatchObject({ status: 1, stdout: "" });
  });

  test("a command that reads finds nothing, and the script goes on", () => {
    expect(run({ create: "cat\necho end" }, "create").stdout).toBe("end\n");
  });

  test("of a text that was cut off anywhere, nothing runs", () => {
    const whole = renderHostScript({ create: "echo ran", delete: "echo ran", environment: {} });
    const cuts = [...whole.matchAll(/\n/g)].map(({ index }) => index);
    for (const cut of cuts.filter((index) => index < whole.lastIndexOf("}"))) {
      const { stdout } = spawnSync("sh", ["-s", "create"], {
        input: whole.slice(0, cut),
        encoding: "utf8",
      });
      expect(stdout).toBe("");
    }
  });

  test("any value arrives as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        fc.pre(!value.includes("\0"));
        const { stdout } = run(
          { create: "printf '%s' \"$VALUE\"", environment: { VALUE: value } },
          "create",
        );
        expect(stdout).toBe(Buffer.from(value, "utf8").toString("utf8"));
      }),
      { numRuns: 25 },
    );
  });

  test.each(["", "lower", "1ST", "A B", "A=B", "A;id"])(
    "the name %j is refused as no variable's",
    (name) => {
      expect(() => renderHostScript({ create: ":", environment: { [name]: "" } })).toThrow(
        `${name} is no name of a variable`,
      );
    },
  );

  test("a value with a NUL is refused without being told", () => {
    expect(() => renderHostScript({ create: ":", environment: { KEY: "a\0b" } })).toThrow(
      "the value of KEY holds a NUL character",
    );
  });
});

test("a quoted text is one word for the shell", () => {
  const text = "a 'b' $(c) `d` \\ \" ; & \n e";
  const printed = execFileSync("sh", ["-c", `printf '<%s>' ${quoteForShell(text)}`], {
    encoding: "utf8",
  });
  expect(printed).toBe(`<${text}>`);
});
