import { constants } from "node:fs";
import { access, copyFile, link, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CachePaths } from "../artifacts";
import type { Source } from "./events";
import { EXECUTABLES, type PieceName, pluginFolder } from "./pins";
import type { ResolvedPiece } from "./resolvePiece";

/** The file in an engine's folder that says where its pieces came from. */
export const RECORD = "engine.json";

const LANGUAGE_HOST = "pulumi-language-nodejs";

/** What the record holds. */
export type EngineRecord = Readonly<Record<PieceName, Source>>;

/**
 * Lays the pieces out as Pulumi expects them below PULUMI_HOME: `bin/` and one folder a plugin.
 * That is what `pulumi plugin install` leaves, without running it.
 */
export async function assembleHome(
  home: string,
  pieces: ReadonlyMap<PieceName, ResolvedPiece>,
  record: EngineRecord,
  cache: CachePaths,
): Promise<void> {
  for (const [piece, { folders, source }] of pieces) {
    const into = join(home, piece === "cli" ? "bin" : pluginFolder(piece));
    await mkdir(into, { recursive: true });
    for (const name of EXECUTABLES[piece]) {
      await place(await findIn(folders, name), join(into, name), source);
    }
  }
  if (record.cli === "build") await leaveTypeScriptOut(join(home, "bin"));
  // The selected stack lives here; a new version of the engine must not forget it.
  const workspaces = join(cache.root, "workspaces");
  await mkdir(workspaces, { recursive: true, mode: 0o700 });
  await symlink(workspaces, join(home, "workspaces"));
  await writeFile(join(home, RECORD), `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * The language host that can be built from source is older than the command line, which hands it
 * `runtime.options` in a way it does not know yet. So it would load ts-node for every program, half a
 * second at each start, whatever Pulumi.yaml says; its own flag says it in a way that it knows.
 */
async function leaveTypeScriptOut(bin: string): Promise<void> {
  const real = `${LANGUAGE_HOST}-from-source`;
  await rename(join(bin, LANGUAGE_HOST), join(bin, real));
  const wrapper = `#!/bin/sh\nexec "\${0%/*}/${real}" -typescript=false "$@"\n`;
  await writeFile(join(bin, LANGUAGE_HOST), wrapper, { mode: 0o755 });
}

async function findIn(folders: readonly string[], name: string): Promise<string> {
  for (const folder of folders) {
    const file = join(folder, name);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  throw new Error(`no executable ${name} in ${folders.join(", ")}`);
}

// Our own artifacts never change, so a second name costs nothing; a user's file may be replaced.
async function place(from: string, to: string, source: Source): Promise<void> {
  if (source !== "path") {
    try {
      await link(from, to);
      return;
    } catch {
      // Some file systems have no hard links.
    }
  }
  await copyFile(from, to);
}
