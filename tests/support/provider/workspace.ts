import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { Plugin } from "./plugin";

/** A folder of its own for each test. */
export interface Workspace {
  readonly path: string;
  at(...names: string[]): string;
  read(name: string): string;
  write(name: string, content: string): string;
  has(name: string): boolean;
}

/** One plugin for all tests of a file, and an empty folder and log for each of them. */
export function usePlugin(): { plugin: () => Plugin; workspace: Workspace } {
  let running: Plugin | undefined;
  const plugin = () => {
    if (running === undefined) {
      throw new Error("the plugin runs only inside of tests");
    }
    return running;
  };
  const workspace = useWorkspace();
  beforeAll(async () => {
    running = await Plugin.start();
  });
  beforeEach(() => {
    plugin().engine.log.length = 0;
  });
  afterAll(async () => {
    await running?.stop();
  });
  return { plugin, workspace };
}

export function useWorkspace(): Workspace {
  let root = "";
  let path = "";
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "aistack-plugin-"));
  });
  beforeEach(() => {
    path = mkdtempSync(join(root, "test-"));
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });
  const at = (...names: string[]) => join(path, ...names);
  return {
    get path() {
      return path;
    },
    at,
    read: (name) => readFileSync(at(name), "utf8"),
    write: (name, content) => {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), content);
      return at(name);
    },
    has: (name) => existsSync(at(name)),
  };
}

/** The message of a promise that has to fail. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error(`expected a failure, got ${JSON.stringify(result)}`);
}
