import { realpathSync } from "node:fs";
import { expect } from "vitest";
import { locateCache } from "../../../cli/artifacts/cache";
import { ROOT, Workspace } from "../e2e/workspace";
import { Machine } from "./machine";

/** A stack of its own, and a machine under systemd that sees it and the Docker engine. */
export interface HostUnderSystemd {
  readonly workspace: Workspace;
  readonly machine: Machine;
  remove(): Promise<void>;
}

export async function bootHost(config: string): Promise<HostUnderSystemd> {
  const workspace = await Workspace.create(config);
  const engine = realpathSync("/var/run/docker.sock");
  const binds = [workspace.root, ROOT, locateCache().root, engine];
  const machine = await Machine.boot(binds).catch(async (error: unknown) => {
    await workspace.remove();
    throw error;
  });
  const remove = async () => {
    await machine.shutDown();
    await workspace.remove();
  };
  return { workspace, machine, remove };
}

/** The warnings of a preview or an update, once each. */
export function warningsOf(output: string): string[] {
  const told = [...output.matchAll(/^ +warning: (.*)$/gm)].map(([, text = ""]) => text);
  // That the engine is an old one is this machine's, whatever the test does.
  return [...new Set(told)].filter((text) => !/^docker \S+ is below /.test(text));
}

/** Waits until something holds, which takes a moment. */
export async function until(what: string, seconds: number, holds: () => Promise<boolean>) {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    expect(Date.now(), `${what} within ${seconds} s`).toBeLessThan(deadline);
    await new Promise((done) => setTimeout(done, 100));
  }
}
