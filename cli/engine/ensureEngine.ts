import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ArtifactIdentity,
  type CachePaths,
  ensureArtifact,
  hasArtifact,
  locateCache,
} from "../artifacts";
import { assembleHome, type EngineRecord, RECORD } from "./assemble";
import { isNoSource, listBuildInputs } from "./buildPiece";
import { PATIENCE, type Patience } from "./download";
import { type EngineLog, type Source, TITLES } from "./events";
import { findInstalledCli } from "./installed";
import { PIECES, PINS } from "./pins";
import { type ResolvedPiece, resolvePieces } from "./resolvePiece";
import { readVendorUrls, type VendorUrls } from "./vendorAssets";

/** A Pulumi engine that is ready to run. */
export interface Engine {
  /** The folder of `pulumi` and `pulumi-language-nodejs`. */
  readonly binDir: string;
  /** PULUMI_HOME: one of aistack's own, so that a user's ~/.pulumi never gets our builds. */
  readonly pulumiHome: string;
  /** Where the command line came from; `pieces` tells it of each plugin too. */
  readonly source: Source;
  readonly pieces: EngineRecord;
}

/** How the engine is made ready. */
export interface EngineOptions {
  readonly log: EngineLog;
  /** Do not ask the vendor. */
  readonly offline?: boolean;
  /** Default: the vendor's servers, or what the environment names in their place. */
  readonly vendorUrls?: VendorUrls;
  readonly patience?: Patience;
  readonly cache?: CachePaths;
  readonly signal?: AbortSignal;
}

/**
 * Makes the pinned Pulumi and its plugins ready: what is on the PATH, else the vendor's download,
 * else a build from source. Costs a few milliseconds when all is there.
 * @throws OperationError when a download has the wrong checksum or a build fails
 */
export async function ensureEngine(options: EngineOptions): Promise<Engine> {
  const cache = options.cache ?? locateCache();
  const { log } = options;
  const installed = await findInstalledCli(cache);
  const pulumiHome = await ensureArtifact({
    ...identifyEngine(installed !== undefined, cache),
    onWait: (message) => log({ type: "waiting", message }),
    build: async (home) => {
      if (installed !== undefined) {
        const message = `${TITLES.cli} ${PINS.cli}: found on the PATH (${installed})`;
        log({ type: "found", piece: "cli", source: "path", message });
      }
      const missing = PIECES.filter((piece) => piece !== "cli" || installed === undefined);
      const resolved = await resolvePieces(missing, {
        cache,
        log,
        vendorUrls: options.offline ? undefined : (options.vendorUrls ?? readVendorUrls()),
        patience: options.patience ?? PATIENCE,
        signal: options.signal,
      });
      await assembleHome(home, resolved, recordOf(resolved), cache);
    },
  });
  const pieces = JSON.parse(readFileSync(join(pulumiHome, RECORD), "utf8")) as EngineRecord;
  return { binDir: installed ?? join(pulumiHome, "bin"), pulumiHome, source: pieces.cli, pieces };
}

/** Whether `ensureEngine` would have nothing to do. */
export async function hasEngine(cache: CachePaths = locateCache()): Promise<boolean> {
  const installed = await findInstalledCli(cache);
  return hasArtifact(identifyEngine(installed !== undefined, cache));
}

function identifyEngine(cliOnPath: boolean, cache: CachePaths): ArtifactIdentity {
  const pins = Object.entries(PINS).map(([name, version]) => `${name} ${version}`);
  return {
    name: "pulumi-home",
    inputs: PIECES.flatMap(listBuildInputs),
    exclude: isNoSource,
    // Raised when assembleHome lays the same pieces out in another way.
    keyExtra: ["layout 2", process.arch, ...pins, cliOnPath ? "cli on the PATH" : "cli of our own"],
    cache,
  };
}

function recordOf(resolved: ReadonlyMap<string, ResolvedPiece>): EngineRecord {
  const source = (piece: string): Source => resolved.get(piece)?.source ?? "path";
  return { cli: source("cli"), docker: source("docker"), command: source("command") };
}
