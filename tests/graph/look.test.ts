import { spawnSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";

/*
 * The program's look at a host, by a plugin that runs the command as the real one does: one that fails is told with
 * all that it has printed.
 */

const CONTAINER = `printf 'container\\tx\\t{"Env":["PASSWORD=canary"]}\\n'`;
const AGAIN = ". Run it again; if it stays so, ./aistack doctor checks the host";

async function lookBy(command: string): Promise<string> {
  await pulumi.runtime.setMocks({
    newResource: () => {
      throw new Error("a look makes no resources");
    },
    call: ({ inputs }) => {
      const { status, signal, stdout, stderr } = spawnSync("sh", ["-c", inputs.command], {
        encoding: "utf8",
        input: inputs.stdin ?? "",
        env: { ...process.env, ...inputs.environment },
      });
      if (status !== 0)
        // As gRPC tells it.
        throw { details: `signal: ${signal}: running "sh":\n${stdout}${stderr}` };
      return { stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
    },
  });
  const { look } = await import("../../components/look");
  const probe = { command, environment: { NAME: "value" }, stdin: "sent" };
  return look(undefined, probe);
}

test("what the probe prints comes back; it has its environment and what it is sent", async () => {
  expect(await lookBy('echo "$NAME $(cat)"; echo noise >&2')).toBe("value sent");
});

test("a probe may replace its shell", async () => {
  expect(await lookBy("exec sh -c 'echo \"$NAME\"; cat'")).toBe("value\nsent");
});

test.each([
  [
    `${CONTAINER}; echo 'sh: 4: Syntax error' >&2; (exit 2)`,
    "this machine: the host could not be looked at: exit code 2, sh: 4: Syntax error",
  ],
  [`${CONTAINER}; (exit 3)`, "this machine: the host could not be looked at: exit code 3"],
  [`${CONTAINER}; kill -KILL $$`, "this machine: the host could not be looked at: signal: SIGKILL"],
])("of one that fails nothing that it has printed is told: %s", async (command, told) => {
  await expect(lookBy(command)).rejects.toThrow(
    expect.objectContaining({ name: "OperationError", message: `${told}${AGAIN}` }),
  );
});
