import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectDocker } from "../../cli/docker/connect";
import { UiCommands } from "../../cli/ui/commands";
import type { FeedContext } from "../../cli/ui/feeds/context";
import type { UiAction } from "../../cli/ui/state";
import { StandInEngine } from "../support/docker/standInEngine";
import { planStandard } from "../support/plan/stack";

let engine: StandInEngine;
let root: string;
beforeEach(async () => {
  engine = new StandInEngine();
  await engine.listen();
  root = mkdtempSync(join(tmpdir(), "ui-commands-"));
});
afterEach(() => {
  engine.close();
  rmSync(root, { recursive: true });
});

/** The lines that a key's command fills the text with. */
async function linesOf(command: Parameters<UiCommands["run"]>[0]): Promise<string[]> {
  const actions: UiAction[] = [];
  const access = { dockerHost: engine.address, ssh: undefined, sshOptions: undefined };
  const context = {
    root,
    stack: "lab",
    plan: planStandard(),
    docker: await connectDocker(access),
    dockerHost: "unix:///run/t.sock",
    ssh: undefined,
    gpu: "nvidia",
    dispatch: (action: UiAction) => void actions.push(action),
    signal: new AbortController().signal,
  } satisfies FeedContext;
  await new UiCommands(context, () => {}).run(command);
  return actions.flatMap((action) => (action.type === "lineCame" ? [action.line] : []));
}

test("logs that end: the lines, and why there are no more", async () => {
  engine.add("aistack-ollama", {
    log: [{ stream: 1, text: "2026-11-22T12:00:00.000000001Z ready\n" }],
  });
  expect(await linesOf({ type: "followLogs", service: "ollama" })).toEqual([
    "ready",
    "(the container has ended)",
  ]);
});

test("an engine that goes away is a line below the logs, and no end of the screen", async () => {
  engine.add("aistack-ollama", {
    log: [{ stream: 1, text: "2026-11-22T12:00:00.000000001Z ready\n" }],
  });
  engine.faults.set("logs", "broken off");
  expect(await linesOf({ type: "followLogs", service: "ollama" })).toEqual([
    "ready",
    "docker: the Docker engine does not answer on its socket. Look at it with: systemctl status docker; start it with: systemctl restart docker",
  ]);
});

test("the GPU check is that of the stack's host", async () => {
  mkdirSync(join(root, "scripts"));
  writeFileSync(
    join(root, "scripts", "aistack.mjs"),
    "console.log(process.argv.slice(2).join(' '))",
  );
  expect(await linesOf({ type: "checkGpu" })).toEqual(["gpu-check --stack lab"]);
});
