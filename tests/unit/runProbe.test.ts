import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { runProbe } from "../../cli/runProbe";
import { settings } from "../support/plan/settings";

const HOST = settings({
  host: { address: "gpu1.lan", hostKey: `ssh-ed25519 ${"A".repeat(68)}` },
}).host;

/** What a probe prints of a container, of which nothing may be told. */
const CONTAINER = `printf 'container\\tx\\t{"Env":["PASSWORD=canary timed out"]}\\n'`;

const look = (command: string, host = HOST) =>
  runProbe(tmpdir(), host, { command: `${CONTAINER}; ${command}`, environment: { NAME: "value" } });

test("what a probe prints comes back", async () => {
  expect(await look('echo "$NAME"')).toBe(
    'container\tx\t{"Env":["PASSWORD=canary timed out"]}\nvalue',
  );
});

describe("a probe that fails is told by how it ended and its last line of standard error", () => {
  const again = ". Run it again; if it stays so, ./aistack doctor checks the host";

  test.each([
    ["exit 3", "gpu1.lan: the host could not be looked at: exit code 3"],
    [
      "echo one >&2; echo 'sh: 4: Syntax error' >&2; exit 2",
      "gpu1.lan: the host could not be looked at: exit code 2, sh: 4: Syntax error",
    ],
    ["kill -KILL $$", "gpu1.lan: the host could not be looked at: signal SIGKILL"],
  ])("%s", async (command, told) => {
    const failure = (await look(command).catch((error: unknown) => error)) as Error;
    expect(failure).toMatchObject({ name: "OperationError", message: `${told}${again}` });
    // Nor in what a log writes of an error.
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain("canary");
    expect(failure.cause).toBeUndefined();
  });

  test("this machine's as well", async () => {
    await expect(
      runProbe(tmpdir(), undefined, { command: "exit 1", environment: {} }),
    ).rejects.toThrow(`this machine: the host could not be looked at: exit code 1${again}`);
  });
});

test("a connection that breaks is told as one", async () => {
  await expect(
    look("echo 'Timeout, server gpu1.lan not responding.' >&2; exit 255"),
  ).rejects.toThrow(
    "aistack:host.address: gpu1.lan, port 22 cannot be reached: Timeout, server gpu1.lan not responding.",
  );
});
