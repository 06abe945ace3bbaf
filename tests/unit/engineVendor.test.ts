import { expect, test } from "vitest";
import { findChecksum } from "../../cli/engine/checksums";
import { listVendorAssets, readVendorUrls } from "../../cli/engine/vendorAssets";

const VENDOR = { releases: "https://github.com", mirror: "https://get.pulumi.com" };

test("the command line's archive and checksums, on both of the vendor's servers", () => {
  expect(listVendorAssets("cli", VENDOR, "x64")).toEqual([
    {
      archive: "pulumi-v3.259.0-linux-x64.tar.gz",
      archiveUrl:
        "https://github.com/pulumi/pulumi/releases/download/v3.259.0/pulumi-v3.259.0-linux-x64.tar.gz",
      checksumsUrl:
        "https://github.com/pulumi/pulumi/releases/download/v3.259.0/pulumi-3.259.0-checksums.txt",
    },
    {
      archive: "pulumi-v3.259.0-linux-x64.tar.gz",
      archiveUrl: "https://get.pulumi.com/releases/sdk/pulumi-v3.259.0-linux-x64.tar.gz",
      checksumsUrl: "https://get.pulumi.com/releases/sdk/pulumi-3.259.0-checksums.txt",
    },
  ]);
});

test("a plugin's archive says amd64 where the command line's says x64", () => {
  expect(listVendorAssets("docker", VENDOR, "x64")).toEqual([
    {
      archive: "pulumi-resource-docker-v5.2.0-linux-amd64.tar.gz",
      archiveUrl:
        "https://github.com/pulumi/pulumi-docker/releases/download/v5.2.0/pulumi-resource-docker-v5.2.0-linux-amd64.tar.gz",
      checksumsUrl:
        "https://github.com/pulumi/pulumi-docker/releases/download/v5.2.0/pulumi-docker_5.2.0_checksums.txt",
    },
    {
      archive: "pulumi-resource-docker-v5.2.0-linux-amd64.tar.gz",
      archiveUrl:
        "https://get.pulumi.com/releases/plugins/pulumi-resource-docker-v5.2.0-linux-amd64.tar.gz",
      checksumsUrl: "https://get.pulumi.com/releases/plugins/pulumi-docker_5.2.0_checksums.txt",
    },
  ]);
});

test("on arm64 both say arm64, and elsewhere the vendor has nothing", () => {
  const names = (arch: NodeJS.Architecture) =>
    (["cli", "command"] as const).flatMap((piece) =>
      listVendorAssets(piece, { releases: "https://x" }, arch).map(({ archive }) => archive),
    );
  expect(names("arm64")).toEqual([
    "pulumi-v3.259.0-linux-arm64.tar.gz",
    "pulumi-resource-command-v1.2.1-linux-arm64.tar.gz",
  ]);
  expect(names("riscv64")).toEqual([]);
});

test.each([
  [{}, VENDOR],
  [
    { AISTACK_VENDOR_MIRROR_URL: "https://m/" },
    { releases: "https://github.com", mirror: "https://m" },
  ],
  [{ AISTACK_VENDOR_URL: "https://r//" }, { releases: "https://r", mirror: undefined }],
  [
    { AISTACK_VENDOR_URL: "https://r", AISTACK_VENDOR_MIRROR_URL: "https://m" },
    { releases: "https://r", mirror: "https://m" },
  ],
  [{ AISTACK_VENDOR_URL: "" }, VENDOR],
])("%j names the servers", (env, expected) => {
  expect(readVendorUrls(env)).toEqual(expected);
});

const SHA1 = "a".repeat(40);
const SHA256 = "B".repeat(64);
const SHA512 = "c".repeat(128);
const LIST = [
  `${"d".repeat(64)}  file.tar.gz.sig`,
  `${SHA256}  file.tar.gz`,
  `${SHA1}  ./plugin.tar.gz`,
  `${SHA512} *binary.tar.gz`,
  `${"e".repeat(32)}  md5.tar.gz`,
  `${"f".repeat(64)} single-blank.tar.gz`,
].join("\r\n");

test.each([
  ["file.tar.gz", { algorithm: "sha256", digest: SHA256.toLowerCase() }],
  ["plugin.tar.gz", { algorithm: "sha1", digest: SHA1 }],
  ["binary.tar.gz", { algorithm: "sha512", digest: SHA512 }],
  ["md5.tar.gz", undefined],
  ["single-blank.tar.gz", undefined],
  ["tar.gz", undefined],
])("finds the checksum of %s", (file, expected) => {
  expect(findChecksum(LIST, file)).toEqual(expected);
});
