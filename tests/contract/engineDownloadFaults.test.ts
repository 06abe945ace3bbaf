// Everything that can be wrong between here and the vendor: only a wrong checksum is an error, the
// rest leads to the next source, with its reason told.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { beforeEach, expect, test, vi } from "vitest";
import {
  CLI,
  CLI_LIST,
  COMMAND_LIST,
  DOCKER,
  DOCKER_LIST,
  digest,
  RELEASE,
  VendorServer,
} from "../support/engine/vendorServer";

const BUILT = [
  "Pulumi 3.259.0: building from source",
  "Pulumi's docker plugin 5.2.0: building from source",
  "Pulumi's command plugin 1.2.1: building from source",
];

let vendor: VendorServer;

beforeEach(async () => {
  vendor = new VendorServer();
  await vendor.listen();
  for (const [name, value] of Object.entries(vendor.environment)) vi.stubEnv(name, value);
  return () => {
    vi.unstubAllEnvs();
    vendor.close();
  };
});

test("a wrong checksum is refused, and nothing else is tried", async () => {
  const { cli } = vendor.publish();
  const tampered = vendor.pack(CLI, ["pulumi/pulumi", "pulumi/pulumi-language-nodejs", "evil"]);
  vendor.serve(`${RELEASE.cli}/${CLI}`, tampered);
  vendor.mirror(cli);
  await expect(vendor.ensure({ vendorUrls: vendor.bothUrls })).rejects.toMatchObject({
    name: "OperationError",
    message:
      `${vendor.base}${RELEASE.cli}/${CLI}: wrong sha256 checksum: ` +
      `${vendor.base}${RELEASE.cli}/${CLI_LIST} says ${digest(cli)}, ` +
      `the download has ${digest(tampered)}. It was not unpacked. ` +
      "The file is damaged or was tampered with on its way: try again, then ask your network's administrator",
  });
  expect(vendor.messages("found")).toEqual([]);
  expect(vendor.requests).not.toContain(`/mirror/releases/sdk/${CLI}`);
  expect(readdirSync(vendor.cache.artifacts)).toEqual([]);
});

test.each<[string, string, (url: string) => void]>([
  ["an archive that is not there", "{url} answered 404", (url) => vendor.withdraw(url)],
  [
    "an archive that breaks off",
    "{url} cannot be reached: other side closed",
    (url) =>
      vendor.answer(url, (response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("x".repeat(10));
        setTimeout(() => response.destroy(), 50);
      }),
  ],
  [
    "an archive that stalls",
    "{url} did not answer within 0.3 s",
    (url) =>
      vendor.answer(url, (response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("x");
      }),
  ],
])("%s is built instead, and the reason told", async (_what, reason, breakIt) => {
  vendor.publish();
  const url = `${RELEASE.docker}/${DOCKER}`;
  breakIt(url);
  const engine = await vendor.ensure({ patience: { reachMs: 5000, stallMs: 300 } });
  expect(engine.pieces).toEqual({ cli: "download", docker: "build", command: "download" });
  expect(vendor.messages("unavailable")).toEqual([
    `Pulumi's docker plugin: ${reason.replace("{url}", `${vendor.base}${url}`)}`,
  ]);
  const plugin = join(engine.pulumiHome, "plugins/resource-docker-v5.2.0/pulumi-resource-docker");
  expect((await execa(plugin)).stdout).toBe("built");
});

test("a slow line is no fault as long as bytes come", async () => {
  vendor.publish();
  const archive = vendor.pack(DOCKER, ["pulumi-resource-docker"]);
  const part = Math.ceil(archive.length / 6);
  vendor.serve(`${RELEASE.docker}/${DOCKER_LIST}`, `${digest(archive)}  ${DOCKER}\n`);
  vendor.answer(`${RELEASE.docker}/${DOCKER}`, async (response) => {
    for (let at = 0; at < archive.length; at += part) {
      response.write(archive.subarray(at, at + part));
      await sleep(150);
    }
    response.end();
  });
  const engine = await vendor.ensure({ patience: { reachMs: 5000, stallMs: 600 } });
  expect(engine.pieces.docker).toBe("download");
});

test("a network's login page is not taken for the vendor", async () => {
  const lists = [
    `${RELEASE.cli}/${CLI_LIST}`,
    `${RELEASE.docker}/${DOCKER_LIST}`,
    `${RELEASE.command}/${COMMAND_LIST}`,
  ];
  for (const list of lists) vendor.serve(list, "<html>Please sign in</html>");
  const engine = await vendor.ensure();
  expect(engine.source).toBe("build");
  expect(vendor.requests.sort()).toEqual(lists.sort());
  expect(vendor.messages("found")).toEqual(BUILT);
  expect(vendor.messages("unavailable")[0]).toBe(
    `Pulumi: ${vendor.base}${RELEASE.cli}/${CLI_LIST} does not list ${CLI}`,
  );
});

test("servers that never answer cost five seconds together, not each", async () => {
  vendor.always = () => undefined;
  const begin = performance.now();
  await vendor.ensure({ vendorUrls: vendor.bothUrls });
  const seconds = (performance.now() - begin) / 1000;
  expect(vendor.requests).toHaveLength(6);
  expect(seconds).toBeGreaterThan(4.9);
  expect(seconds).toBeLessThan(9);
  expect(vendor.messages("found")).toEqual(BUILT);
  expect(vendor.messages("unavailable")[1]).toBe(
    `Pulumi: ${vendor.base}/mirror/releases/sdk/${CLI_LIST} did not answer within 5 s`,
  );
});

test("a server that is not there is told with its fault", async () => {
  await vendor.ensure({ vendorUrls: { releases: "http://vendor.invalid/github" } });
  expect(vendor.messages("unavailable")[0]).toMatch(
    /^Pulumi: http:\/\/vendor\.invalid\/github\/\S+ cannot be reached: getaddrinfo E\w+ vendor\.invalid$/,
  );
  expect(vendor.messages("found")).toEqual(BUILT);
});

test("an archive without the language host is refused, not half used", async () => {
  vendor.publish();
  const cli = vendor.pack(CLI, ["pulumi/pulumi"]);
  vendor.serve(`${RELEASE.cli}/${CLI}`, cli);
  vendor.serve(`${RELEASE.cli}/${CLI_LIST}`, `${digest(cli)}  ${CLI}\n`);
  await expect(vendor.ensure()).rejects.toThrow(
    `${vendor.base}${RELEASE.cli}/${CLI}: the archive cannot be unpacked: ` +
      "tar: pulumi/pulumi-language-nodejs: Not found in archive. " +
      "Report this: the vendor's layout has changed",
  );
  expect(readdirSync(vendor.cache.artifacts)).toEqual([]);
});
