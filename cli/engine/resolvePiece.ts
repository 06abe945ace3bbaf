import { dirname } from "node:path";
import { type CachePaths, ensureArtifact } from "../artifacts";
import { buildPiece } from "./buildPiece";
import { downloadOffer, findOffers, type Offers, type Patience } from "./download";
import { type EngineLog, reportProgress, type Source, TITLES } from "./events";
import { Unreachable } from "./http";
import { findInstalledPlugin } from "./installed";
import { PINS, type PieceName } from "./pins";
import type { VendorUrls } from "./vendorAssets";

/** A piece that is at hand: the folders that hold its executables. */
export interface ResolvedPiece {
  readonly source: Source;
  readonly folders: readonly string[];
}

/** What resolving a piece depends on. */
export interface ResolveContext {
  readonly cache: CachePaths;
  readonly log: EngineLog;
  /** Undefined: the vendor is not asked. */
  readonly vendorUrls: VendorUrls | undefined;
  readonly patience: Patience;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings the pieces here, each by the first way that works: installed already, downloaded, built.
 * @throws OperationError when a download has the wrong checksum, or when nothing works
 */
export async function resolvePieces(
  pieces: readonly PieceName[],
  context: ResolveContext,
): Promise<Map<PieceName, ResolvedPiece>> {
  const resolved = new Map<PieceName, ResolvedPiece>();
  for (const piece of pieces) {
    if (piece === "cli") continue;
    const file = findInstalledPlugin(piece, context.cache);
    if (file === undefined) continue;
    announce(context.log, piece, "path", `found in ${dirname(file)}`);
    resolved.set(piece, { source: "path", folders: [dirname(file)] });
  }
  const missing = pieces.filter((piece) => !resolved.has(piece));
  const offers = await askVendor(missing, context);
  for (const piece of missing) {
    resolved.set(piece, await fetchPiece(piece, offers.get(piece), context));
  }
  return resolved;
}

// All questions at once: on a closed network each costs its five seconds.
async function askVendor(
  pieces: readonly PieceName[],
  { vendorUrls, patience }: ResolveContext,
): Promise<Map<PieceName, Offers>> {
  if (vendorUrls === undefined) return new Map();
  const answers = pieces.map(
    async (piece) => [piece, await findOffers(piece, vendorUrls, patience)] as const,
  );
  return new Map(await Promise.all(answers));
}

async function fetchPiece(
  piece: PieceName,
  offers: Offers | undefined,
  context: ResolveContext,
): Promise<ResolvedPiece> {
  const { cache, log, signal } = context;
  const refusals = [...(offers?.refusals ?? [])];
  for (const offer of offers?.offers ?? []) {
    try {
      const onProgress = reportProgress(log, piece);
      const folder = await ensureArtifact({
        name: `download-${piece}`,
        inputs: [],
        keyExtra: [process.arch, PINS[piece], offer.checksum.digest],
        cache,
        onWait: (message) => log({ type: "waiting", message }),
        build: (into) =>
          downloadOffer(
            piece,
            offer,
            into,
            (done, total) =>
              onProgress({ done, total, text: `downloading ${offer.asset.archive}` }),
            context.patience,
          ),
      });
      announce(log, piece, "download", `downloaded from ${offer.asset.archiveUrl}`);
      return { source: "download", folders: [folder] };
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      refusals.push(error.message);
    }
  }
  for (const refusal of refusals) {
    log({ type: "unavailable", piece, message: `${TITLES[piece]}: ${refusal}` });
  }
  announce(log, piece, "build", "building from source");
  return { source: "build", folders: await buildPiece(piece, cache, log, signal) };
}

function announce(log: EngineLog, piece: PieceName, source: Source, how: string): void {
  log({ type: "found", piece, source, message: `${TITLES[piece]} ${PINS[piece]}: ${how}` });
}
