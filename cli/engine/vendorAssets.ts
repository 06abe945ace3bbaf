import { PINS, type PieceName } from "./pins";

/** Where the vendor publishes: releases on GitHub, and a second copy on a server of its own. */
export interface VendorUrls {
  /** A server with GitHub's layout: `BASE/pulumi/REPOSITORY/releases/download/vVERSION/FILE`. */
  readonly releases: string;
  /** A server with the layout of get.pulumi.com; undefined: none. */
  readonly mirror?: string | undefined;
}

/** One archive and the list of checksums published with it. */
export interface VendorAsset {
  readonly archive: string;
  readonly archiveUrl: string;
  readonly checksumsUrl: string;
}

const DEFAULT_URLS: VendorUrls = {
  releases: "https://github.com",
  mirror: "https://get.pulumi.com",
};

/**
 * The vendor's servers, or those that stand in for them: `AISTACK_VENDOR_URL` (GitHub's layout) and
 * `AISTACK_VENDOR_MIRROR_URL` (get.pulumi.com's). Who names the first leaves the vendor's out altogether.
 */
export function readVendorUrls(env: NodeJS.ProcessEnv = process.env): VendorUrls {
  const releases = env.AISTACK_VENDOR_URL;
  const mirror = env.AISTACK_VENDOR_MIRROR_URL;
  if (!releases) return { ...DEFAULT_URLS, ...(mirror ? { mirror: trim(mirror) } : {}) };
  return { releases: trim(releases), mirror: mirror ? trim(mirror) : undefined };
}

function trim(url: string): string {
  return url.replace(/\/+$/, "");
}

/** Where a piece can be had, in the order in which to ask. */
export function listVendorAssets(
  piece: PieceName,
  urls: VendorUrls,
  arch: NodeJS.Architecture,
): VendorAsset[] {
  if (arch !== "x64" && arch !== "arm64") return [];
  const version = PINS[piece];
  const { archive, checksums, repository, mirrorFolder } =
    piece === "cli" ? nameCli(version, arch) : namePlugin(piece, version, arch);

  const folders = [`${urls.releases}/pulumi/${repository}/releases/download/v${version}`];
  if (urls.mirror !== undefined) folders.push(`${urls.mirror}/releases/${mirrorFolder}`);
  return folders.map((folder) => ({
    archive,
    archiveUrl: `${folder}/${archive}`,
    checksumsUrl: `${folder}/${checksums}`,
  }));
}

// The command line says x64 where the plugins say amd64, and its checksums carry another name.
function nameCli(version: string, arch: "x64" | "arm64") {
  return {
    archive: `pulumi-v${version}-linux-${arch}.tar.gz`,
    checksums: `pulumi-${version}-checksums.txt`,
    repository: "pulumi",
    mirrorFolder: "sdk",
  };
}

function namePlugin(name: string, version: string, arch: "x64" | "arm64") {
  return {
    archive: `pulumi-resource-${name}-v${version}-linux-${arch === "x64" ? "amd64" : "arm64"}.tar.gz`,
    checksums: `pulumi-${name}_${version}_checksums.txt`,
    repository: `pulumi-${name}`,
    mirrorFolder: "plugins",
  };
}
