import { describe, expect, it } from "vitest";
import { failure, usePlugin } from "../support/provider/workspace";

const type = "local:Command";
const { plugin, workspace } = usePlugin();

describe("the plugin", () => {
  it("answers to the version that @pulumi/command 1.2.1 asks for", async () => {
    expect(await plugin().version()).toBe("1.2.1");
  });

  it("offers the resources and functions that aistack uses", async () => {
    const schema = await plugin().schema();
    expect(schema.name).toBe("command");
    expect(Object.keys(schema.resources as object)).toEqual(
      expect.arrayContaining([
        "command:local:Command",
        "command:remote:Command",
        "command:remote:CopyToRemote",
      ]),
    );
    expect(Object.keys(schema.functions as object)).toEqual(["command:local:run"]);
  });
});

describe("local.Command", () => {
  it("runs the create command and keeps what it printed", async () => {
    const made = await plugin().create(type, { create: "echo out; echo err >&2" });
    expect(made.id).toMatch(/^res[0-9a-f]{8}$/);
    expect(made.state).toEqual({
      create: "echo out; echo err >&2",
      stdout: "out",
      stderr: "err",
    });
  });

  it("cuts one newline off the end and keeps the rest", async () => {
    const made = await plugin().create(type, { create: "printf ' a\\n\\nb \\n\\n'" });
    expect(made.state.stdout).toBe(" a\n\nb \n");
  });

  it("runs nothing without a create command", async () => {
    const made = await plugin().create(type, { delete: "exit 1" });
    expect(made.state).toEqual({ delete: "exit 1", stdout: "", stderr: "" });
  });

  it("runs the update command when there is one", async () => {
    const old = await plugin().create(type, { create: "echo created" });
    const args = { create: "echo created", update: "echo updated" };
    const updated = await plugin().update(type, old, args);
    expect(updated.state).toEqual({ ...args, stdout: "updated", stderr: "" });
  });

  it("runs the create command again when there is no update command", async () => {
    const args = { create: `echo x >>${workspace.at("runs")}; cat ${workspace.at("runs")}` };
    const old = await plugin().create(type, args);
    expect(old.state.stdout).toBe("x");
    const updated = await plugin().update(type, old, { ...args, delete: "true" });
    expect(updated.state.stdout).toBe("x\nx");
  });

  it("keeps the output when an update has nothing to run", async () => {
    const old = await plugin().create(type, { create: "echo first" });
    const updated = await plugin().update(type, old, { delete: "true" });
    expect(updated.state).toEqual({ delete: "true", stdout: "first", stderr: "" });
  });

  it("runs the delete command of the state", async () => {
    const old = await plugin().create(type, { delete: `echo gone >${workspace.at("deleted")}` });
    expect(workspace.has("deleted")).toBe(false);
    await plugin().delete(type, old);
    expect(workspace.read("deleted")).toBe("gone\n");
  });

  it("deletes without a delete command", async () => {
    const old = await plugin().create(type, { create: "true" });
    await expect(plugin().delete(type, old)).resolves.toBeUndefined();
  });

  it("reads back the state as it is", async () => {
    const old = await plugin().create(type, { create: "echo hi", environment: { A: "1" } });
    expect(await plugin().read(type, old)).toEqual(old);
  });

  it("passes stdin", async () => {
    const made = await plugin().create(type, { create: "tr a-z A-Z", stdin: "line 1\nline 2\n" });
    expect(made.state.stdout).toBe("LINE 1\nLINE 2");
  });

  it("does not mind a command that leaves its stdin unread", async () => {
    const made = await plugin().create(type, { create: "echo done", stdin: "x".repeat(1 << 20) });
    expect(made.state.stdout).toBe("done");
  });

  it("gives an empty stdin when there is none", async () => {
    const made = await plugin().create(type, { create: "wc -c" });
    expect(made.state.stdout).toBe("0");
  });

  it("adds its environment to that of the plugin", async () => {
    const made = await plugin().create(type, {
      create: 'echo "$GREETING, $PATH"',
      environment: { GREETING: "hello world" },
    });
    expect(made.state.stdout).toBe(`hello world, ${process.env.PATH}`);
  });

  it("lets its environment win over that of the plugin", async () => {
    const made = await plugin().create(type, {
      create: "echo $HOME",
      environment: { HOME: "/elsewhere" },
    });
    expect(made.state.stdout).toBe("/elsewhere");
  });

  it("runs in dir", async () => {
    const made = await plugin().create(type, { create: "pwd", dir: workspace.path });
    expect(made.state.stdout).toBe(workspace.path);
  });

  it("runs where the plugin runs without dir", async () => {
    const made = await plugin().create(type, { create: "pwd" });
    expect(made.state.stdout).toBe(process.cwd());
  });

  it("fails when dir does not exist", async () => {
    const message = await failure(
      plugin().create(type, { create: "pwd", dir: workspace.at("nowhere") }),
    );
    expect(message).toContain(`${workspace.at("nowhere")}: no such file or directory`);
  });

  it("uses /bin/sh -c without an interpreter", async () => {
    const made = await plugin().create(type, { create: "echo $0" });
    expect(made.state.stdout).toBe("/bin/sh");
  });

  it("gives the command to the interpreter as its last argument", async () => {
    const made = await plugin().create(type, {
      create: 'echo "$0 $#"',
      interpreter: ["/bin/bash", "-euo", "pipefail", "-c"],
    });
    expect(made.state.stdout).toBe("/bin/bash 0");
    const echoed = await plugin().create(type, { create: "a  b", interpreter: ["echo", "x"] });
    expect(echoed.state.stdout).toBe("x a  b");
  });

  it("takes an empty interpreter for none", async () => {
    const made = await plugin().create(type, { create: "echo $0", interpreter: [] });
    expect(made.state.stdout).toBe("/bin/sh");
  });

  it("fails when the interpreter does not exist", async () => {
    const message = await failure(
      plugin().create(type, { create: "true", interpreter: ["/no/such/shell"] }),
    );
    expect(message).toContain("fork/exec /no/such/shell: no such file or directory");
  });
});

describe("the previous output in the environment", () => {
  const show = 'echo "[$PULUMI_COMMAND_STDOUT] [$PULUMI_COMMAND_STDERR]"';
  const create = "echo out; echo err >&2";

  it("is there on update", async () => {
    const old = await plugin().create(type, { create });
    const updated = await plugin().update(type, old, { create, update: show });
    expect(updated.state.stdout).toBe("[out] [err]");
  });

  it("is there on delete", async () => {
    const old = await plugin().create(type, {
      create,
      delete: `${show} >${workspace.at("seen")}`,
    });
    await plugin().delete(type, old);
    expect(workspace.read("seen")).toBe("[out] [err]\n");
  });

  it("is not there on create", async () => {
    const made = await plugin().create(type, { create: "env | grep -c ^PULUMI_COMMAND_ || true" });
    expect(made.state.stdout).toBe("0");
  });

  it("is there when asked for", async () => {
    const old = await plugin().create(type, { create });
    const args = { create, update: show, addPreviousOutputInEnv: true };
    expect((await plugin().update(type, old, args)).state.stdout).toBe("[out] [err]");
  });

  it("is not there when turned off", async () => {
    const old = await plugin().create(type, { create });
    const args = { create, update: show, addPreviousOutputInEnv: false };
    expect((await plugin().update(type, old, args)).state).toEqual({
      ...args,
      stdout: "[] []",
      stderr: "",
    });
  });

  describe("beyond the vendor", () => {
    it("is left out with a warning when the system would not take it", async () => {
      const args = { create: "head -c 200000 /dev/zero | tr '\\0' x", logging: "none" };
      const old = await plugin().create(type, args);
      await plugin().delete(type, { ...old, state: { ...old.state, delete: "true" } });
      expect(plugin().engine.messages("warning")).toEqual([
        "PULUMI_COMMAND_STDOUT is not set: the previous output (200000 bytes) is too long or has a " +
          "NUL byte; addPreviousOutputInEnv: false silences this",
      ]);
    });
  });
});

describe("local.run", () => {
  it("returns its arguments and what the command printed", async () => {
    const args = {
      command: "cat; echo $A >&2; pwd",
      stdin: "in\n",
      environment: { A: "1" },
      dir: workspace.path,
      interpreter: ["/bin/sh", "-c"],
      logging: "none",
    };
    expect(await plugin().invoke("local:run", args)).toEqual({
      ...args,
      stdout: `in\n${workspace.path}`,
      stderr: "1",
    });
  });

  it("runs each time", async () => {
    const command = `echo x >>${workspace.at("runs")}`;
    await plugin().invoke("local:run", { command });
    await plugin().invoke("local:run", { command });
    expect(workspace.read("runs")).toBe("x\nx\n");
  });

  it("fails with the exit status and the output", async () => {
    const message = await failure(
      plugin().invoke("local:run", { command: "echo oh no >&2; exit 3" }),
    );
    expect(message).toContain('exit status 3: running "echo oh no >&2; exit 3":\noh no\n');
  });

  it("wants a command", async () => {
    expect(await failure(plugin().invoke("local:run", { stdin: "x" }))).toContain("command");
  });
});
