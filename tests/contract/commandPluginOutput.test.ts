import { describe, expect, it } from "vitest";
import { urn } from "../support/provider/plugin";
import { secret } from "../support/provider/values";
import { failure, usePlugin } from "../support/provider/workspace";

const type = "local:Command";
const { plugin, workspace } = usePlugin();
const create = "echo out; echo err >&2";

describe("logging", () => {
  it.each([
    ["stdout", ["out"]],
    ["stderr", ["err"]],
    ["none", []],
  ])("%s shows just that and keeps both", async (logging, shown) => {
    const made = await plugin().create(type, { create, logging });
    expect(plugin().engine.messages("info")).toEqual(shown);
    expect(made.state).toEqual({ create, logging, stdout: "out", stderr: "err" });
  });

  it.each([undefined, "stdoutAndStderr"])("%s shows both", async (logging) => {
    await plugin().create(type, logging === undefined ? { create } : { create, logging });
    expect(plugin().engine.messages("info").sort()).toEqual(["err", "out"]);
  });

  it("shows lines as passing messages of the resource", async () => {
    await plugin().create(type, { create: "echo one; echo two" });
    expect(plugin().shown()).toEqual(
      ["one", "two"].map((message) => ({
        message,
        severity: "info",
        urn: urn(type),
        ephemeral: true,
      })),
    );
  });

  it("shows a last line without an end", async () => {
    await plugin().create(type, { create: "printf 'one\\ntwo'" });
    expect(plugin().engine.messages("info")).toEqual(["one", "two"]);
  });

  it("shows a line while the command still runs", async () => {
    const flag = workspace.at("seen");
    const running = plugin().create(type, {
      create: `echo started; while [ ! -e ${flag} ]; do sleep 0.02; done; echo ended`,
    });
    await expect
      .poll(() => plugin().engine.messages("info"), { timeout: 5000 })
      .toEqual(["started"]);
    workspace.write("seen", "");
    expect((await running).state.stdout).toBe("started\nended");
    expect(plugin().engine.messages("info")).toEqual(["started", "ended"]);
  });

  describe("beyond the vendor", () => {
    it("shows lines of any length", async () => {
      await plugin().create(type, {
        create: "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end",
      });
      const shown = plugin().engine.messages("info");
      expect(shown.join("")).toBe(`${"x".repeat(300000)}end`);
      expect(shown.at(-1)).toBe("end");
    });

    it("shows no secret inputs", async () => {
      await plugin().create(type, {
        create: 'cat; echo "password is $PASSWORD, user is $NAME"',
        stdin: secret("top secret\nsecond line\n"),
        environment: { PASSWORD: secret("hunter2"), NAME: "jane" },
      });
      expect(plugin().engine.messages("info")).toEqual([
        "[secret]",
        "[secret]",
        "password is [secret], user is jane",
      ]);
    });
  });
});

describe("secret inputs", () => {
  it("stay secret in the state", async () => {
    const made = await plugin().create(type, {
      create: "cat >/dev/null",
      stdin: secret("top secret"),
      environment: { PASSWORD: secret("hunter2"), NAME: "jane" },
    });
    expect(made.state).toEqual({
      create: "cat >/dev/null",
      stdin: secret("top secret"),
      environment: { PASSWORD: secret("hunter2"), NAME: "jane" },
      stdout: "",
      stderr: "",
    });
  });

  it("stay secret after an update", async () => {
    const args = { create: secret("echo one"), environment: secret({ A: "1" }), logging: "none" };
    const old = await plugin().create(type, args);
    const next = { ...args, create: secret("echo two") };
    expect((await plugin().update(type, old, next)).state).toEqual({
      ...next,
      stdout: "two",
      stderr: "",
    });
  });
});

describe("a failing command", () => {
  it.each([1, 7, 255])("tells its exit status %i and what it printed", async (status) => {
    const command = `echo boom >&2; exit ${status}`;
    expect(await failure(plugin().create(type, { create: command }))).toBe(
      `exit status ${status}: running "${command}":\nboom\n`,
    );
  });

  it("tells what it printed to stdout", async () => {
    expect(await failure(plugin().create(type, { create: "echo boom; false" }))).toBe(
      'exit status 1: running "echo boom; false":\nboom\n',
    );
  });

  it("tells the signal that ended it", async () => {
    expect(await failure(plugin().create(type, { create: "echo bye; kill -9 $$" }))).toBe(
      'signal: killed: running "echo bye; kill -9 $$":\nbye\n',
    );
  });

  it("fails an update and a delete just the same", async () => {
    const old = await plugin().create(type, { create: "true", delete: "echo no; exit 2" });
    expect(await failure(plugin().update(type, old, { update: "echo no; exit 3" }))).toBe(
      'exit status 3: running "echo no; exit 3":\nno\n',
    );
    expect(await failure(plugin().delete(type, old))).toBe(
      'exit status 2: running "echo no; exit 2":\nno\n',
    );
  });

  it("tells what it printed even when logging is off", async () => {
    expect(
      await failure(plugin().create(type, { create: "echo boom; false", logging: "none" })),
    ).toContain("boom");
  });

  describe("beyond the vendor", () => {
    it("says so when it printed nothing", async () => {
      expect(await failure(plugin().create(type, { create: "exit 4" }))).toBe(
        'exit status 4: running "exit 4", which printed nothing',
      );
    });

    it("is named by its first line only", async () => {
      const script = "set -e\necho boom\nfalse\n";
      expect(await failure(plugin().create(type, { create: script }))).toBe(
        'exit status 1: running "set -e" (and 2 more lines):\nboom\n',
      );
    });

    it("tells no secrets, though it prints them", async () => {
      const message = await failure(
        plugin().create(type, {
          create: 'cat; echo "$PASSWORD $NAME $PIN"; exit 1',
          stdin: secret("KEY=top-secret\nOTHER=also-secret\n"),
          environment: { PASSWORD: secret("hunter2"), NAME: "jane", PIN: secret("1") },
        }),
      );
      // A secret of one character stays: hiding it would hide half of the text.
      expect(message).toBe(
        'exit status 1: running "cat; echo \\"$PASSWORD $NAME $PIN\\"; exit 1":\n' +
          "[secret]\n[secret] jane 1\n",
      );
    });

    it("does not tell a secret command", async () => {
      expect(
        await failure(plugin().create(type, { create: secret("curl -u me:hunter2; exit 1") })),
      ).not.toContain("hunter2");
    });

    it("does not tell the secrets of the state it deletes", async () => {
      const old = await plugin().create(type, {
        environment: { PASSWORD: secret("hunter2") },
        delete: "echo $PASSWORD; exit 1",
      });
      expect(await failure(plugin().delete(type, old))).toBe(
        'exit status 1: running "echo $PASSWORD; exit 1":\n[secret]\n',
      );
    });

    it("tells the end of a long output", async () => {
      const message = await failure(
        plugin().create(type, {
          create: "head -c 100000 /dev/zero | tr '\\0' x; echo the end; exit 1",
          logging: "none",
        }),
      );
      expect(message).toMatch(
        /^exit status 1: running .*:\n\(the first 83624 bytes are left out\)\nx+the end\n$/,
      );
    });
  });
});
