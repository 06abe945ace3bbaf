import { rm } from "node:fs/promises";
import { join } from "node:path";
import { OperationError } from "../../plan/errors";
import { execa } from "../execa";
import { type Checksum, digestFile, findChecksum } from "./checksums";
import { fetchFile, fetchText, type OnBytes, Unreachable } from "./http";
import { EXECUTABLES, type PieceName } from "./pins";
import { listVendorAssets, type VendorAsset, type VendorUrls } from "./vendorAssets";

/** An archive whose checksum the vendor has told us. */
export interface Offer {
  readonly asset: VendorAsset;
  readonly checksum: Checksum;
}

/** What the vendor offers for a piece, and why the rest could not be had. */
export interface Offers {
  readonly offers: readonly Offer[];
  readonly refusals: readonly string[];
}

/** How long to wait for the vendor: for an answer at all, and without a byte of a download. */
export interface Patience {
  readonly reachMs: number;
  readonly stallMs: number;
}

/** Enough for a slow line, little enough for a closed network. */
export const PATIENCE: Patience = { reachMs: 5000, stallMs: 30_000 };

/**
 * Asks every server of the vendor for its list of checksums, all at once: that tells which can be
 * reached and what to expect of the archive.
 */
export async function findOffers(
  piece: PieceName,
  urls: VendorUrls,
  patience: Patience = PATIENCE,
  arch: NodeJS.Architecture = process.arch,
): Promise<Offers> {
  const assets = listVendorAssets(piece, urls, arch);
  const answers = await Promise.all(
    assets.map(async (asset) => {
      try {
        const checksum = findChecksum(
          await fetchText(asset.checksumsUrl, patience.reachMs),
          asset.archive,
        );
        if (checksum !== undefined) return { asset, checksum };
        // A login page of the network answers 200 to everything: that is no answer of the vendor.
        return `${asset.checksumsUrl} does not list ${asset.archive}`;
      } catch (error) {
        if (error instanceof Unreachable) return error.message;
        throw error;
      }
    }),
  );
  return {
    offers: answers.filter((answer) => typeof answer !== "string"),
    refusals: answers.filter((answer) => typeof answer === "string"),
  };
}

/**
 * Downloads one offer, verifies it, and only then unpacks it into `folder`.
 * @throws Unreachable when the server fails: the next source may be tried
 * @throws OperationError when the archive is not what the vendor's checksum says: nothing else is tried
 */
export async function downloadOffer(
  piece: PieceName,
  { asset, checksum }: Offer,
  folder: string,
  onBytes: OnBytes,
  patience: Patience = PATIENCE,
): Promise<void> {
  const archive = join(folder, asset.archive);
  await fetchFile(asset.archiveUrl, archive, patience.stallMs, onBytes);
  const actual = await digestFile(archive, checksum.algorithm);
  if (actual !== checksum.digest) throw wrongChecksum(asset, checksum, actual);
  await unpack(piece, archive, folder, asset);
  await rm(archive);
}

// Only the executables we use: the command line's archive carries six more language hosts.
async function unpack(
  piece: PieceName,
  archive: string,
  folder: string,
  asset: VendorAsset,
): Promise<void> {
  const members = EXECUTABLES[piece].map((name) => (piece === "cli" ? `pulumi/${name}` : name));
  const strip = piece === "cli" ? ["--strip-components=1"] : [];
  const result = await execa(
    "tar",
    ["-xzf", archive, "-C", folder, "--no-same-owner", ...strip, ...members],
    { reject: false },
  );
  if (result.failed) {
    throw new OperationError([
      {
        where: asset.archiveUrl,
        what: `the archive cannot be unpacked: ${result.stderr.trim().split("\n")[0]}`,
        fix: "Report this: the vendor's layout has changed",
      },
    ]);
  }
}

function wrongChecksum(asset: VendorAsset, checksum: Checksum, actual: string): OperationError {
  return new OperationError([
    {
      where: asset.archiveUrl,
      what:
        `wrong ${checksum.algorithm} checksum: ${asset.checksumsUrl} says ${checksum.digest}, ` +
        `the download has ${actual}. It was not unpacked`,
      fix: "The file is damaged or was tampered with on its way: try again, then ask your network's administrator",
    },
  ]);
}
