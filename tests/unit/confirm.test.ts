import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { confirm } from "../../cli/confirm";
import { StackError } from "../../plan/errors";

/** What comes of typing this at the question, and what the terminal shows. */
async function type(keys: string, isTTY = true): Promise<{ said: string; shown: string }> {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  const asked = confirm("Go on?", { input, output }).then(
    () => "yes",
    (error: unknown) => {
      if (!(error instanceof StackError)) throw error;
      return error.message;
    },
  );
  input.write(keys);
  const said = await asked;
  output.end();
  return { said, shown: await text(output) };
}

test.each([
  ["y\r", "yes"],
  ["YES\r", "yes"],
  ["\r", "nothing was changed"],
  ["no\r", "nothing was changed"],
  ["yesterday\r", "nothing was changed"],
])("%j is answered with: %s", async (keys, expected) => {
  const { said, shown } = await type(keys);
  expect(said).toBe(expected);
  expect(shown).toContain("Go on? [y/N] ");
});

test.each([
  ["Ctrl+C", "\u0003"],
  ["Ctrl+D", "\u0004"],
  ["Ctrl+C after a yes that was not sent", "y\u0003"],
])("%s is a no, and leaves the cursor on a line of its own", async (_what, keys) => {
  const { said, shown } = await type(keys);
  expect(said).toBe("nothing was changed");
  expect(shown.endsWith("\n")).toBe(true);
});

test("a terminal that goes away is a no", async () => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const asked = confirm("Go on?", { input, output: new PassThrough() });
  input.end();
  await expect(asked).rejects.toThrow("nothing was changed");
});

test("without a terminal nobody is asked", async () => {
  const { said, shown } = await type("y\r", false);
  expect(said).toBe(
    "there is no terminal to ask on, so nothing was changed. Add --yes to go on without a question",
  );
  expect(shown).toBe("");
});
