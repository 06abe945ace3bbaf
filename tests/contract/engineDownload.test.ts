import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { beforeEach, expect, test, vi } from "vitest";
import { CLI, COMMAND, DOCKER, RELEASE, VendorServer } from "../support/engine/vendorServer";

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

async function run(...path: string[]): Promise<string> {
  return (await execa(join(...path))).stdout;
}

test("downloads every piece, verified, into the layout Pulumi expects", async () => {
  vendor.publish();
  const engine = await vendor.ensure();
  expect(engine).toEqual({
    binDir: join(engine.pulumiHome, "bin"),
    pulumiHome: engine.pulumiHome,
    source: "download",
    pieces: { cli: "download", docker: "download", command: "download" },
  });
  expect(readdirSync(engine.binDir)).toEqual(["pulumi", "pulumi-language-nodejs"]);
  expect(await run(engine.binDir, "pulumi")).toBe("vendor's pulumi/pulumi");
  expect(await run(engine.binDir, "pulumi-language-nodejs")).toBe(
    "vendor's pulumi/pulumi-language-nodejs",
  );
  const plugins = join(engine.pulumiHome, "plugins");
  expect(readdirSync(plugins)).toEqual(["resource-command-v1.2.1", "resource-docker-v5.2.0"]);
  expect(await run(plugins, "resource-docker-v5.2.0", "pulumi-resource-docker")).toBe(
    "vendor's pulumi-resource-docker",
  );
  expect(vendor.messages("found")).toEqual([
    `Pulumi 3.259.0: downloaded from ${vendor.base}${RELEASE.cli}/${CLI}`,
    `Pulumi's docker plugin 5.2.0: downloaded from ${vendor.base}${RELEASE.docker}/${DOCKER}`,
    `Pulumi's command plugin 1.2.1: downloaded from ${vendor.base}${RELEASE.command}/${COMMAND}`,
  ]);
  expect(vendor.messages("progress").at(0)).toBe(`Pulumi: downloading ${CLI}`);
  expect(vendor.messages("unavailable")).toEqual([]);
});

test("asks for nothing once all is there", async () => {
  vendor.publish();
  const first = await vendor.ensure();
  vendor.requests.length = 0;
  vendor.events.length = 0;
  expect(await vendor.ensure()).toEqual(first);
  expect(vendor.requests).toEqual([]);
  expect(vendor.events).toEqual([]);
});

test("what the first server lacks comes from the second", async () => {
  const { cli } = vendor.publish();
  vendor.withdraw(`${RELEASE.cli}/${CLI}`);
  vendor.mirror(cli);
  const engine = await vendor.ensure({ vendorUrls: vendor.bothUrls });
  expect(engine.pieces).toEqual({ cli: "download", docker: "download", command: "download" });
  expect(vendor.messages("found")[0]).toBe(
    `Pulumi 3.259.0: downloaded from ${vendor.base}/mirror/releases/sdk/${CLI}`,
  );
});

test("offline, nobody is asked", async () => {
  vendor.publish();
  const engine = await vendor.ensure({ offline: true });
  expect(vendor.requests).toEqual([]);
  expect(engine.pieces).toEqual({ cli: "build", docker: "build", command: "build" });
  expect(vendor.messages("found")).toEqual([
    "Pulumi 3.259.0: building from source",
    "Pulumi's docker plugin 5.2.0: building from source",
    "Pulumi's command plugin 1.2.1: building from source",
  ]);
  expect(vendor.messages("progress")).toContain("Pulumi: compiling b");
  expect(await run(engine.binDir, "pulumi")).toBe("built");
});

test("a Pulumi on the PATH and a plugin of the user's come before all else", async () => {
  vendor.publish();
  const pulumi = vendor.install("pulumi", `echo asked >> ${vendor.folder}/asked; echo v3.259.0`);
  vendor.install("pulumi-language-nodejs", "");
  const installed = join(vendor.folder, ".pulumi/plugins/resource-docker-v5.2.0");
  mkdirSync(installed, { recursive: true });
  const plugin = join(installed, "pulumi-resource-docker");
  writeFileSync(plugin, "#!/bin/sh\necho mine\n", { mode: 0o755 });

  const engine = await vendor.ensure();
  expect(engine.binDir).toBe(dirname(pulumi));
  expect(engine.source).toBe("path");
  expect(engine.pieces).toEqual({ cli: "path", docker: "path", command: "download" });
  expect(vendor.messages("found")).toEqual([
    `Pulumi 3.259.0: found on the PATH (${dirname(pulumi)})`,
    `Pulumi's docker plugin 5.2.0: found in ${installed}`,
    `Pulumi's command plugin 1.2.1: downloaded from ${vendor.base}${RELEASE.command}/${COMMAND}`,
  ]);
  const copy = join(engine.pulumiHome, "plugins/resource-docker-v5.2.0/pulumi-resource-docker");
  expect(await run(copy)).toBe("mine");

  // Its version is asked once, as long as the file stays the same.
  await vendor.ensure();
  expect((await execa("cat", [join(vendor.folder, "asked")])).stdout).toBe("asked");
});

test.each<[string, (server: VendorServer) => void]>([
  [
    "of another version",
    (server) => {
      server.install("pulumi", "echo v3.258.0");
      server.install("pulumi-language-nodejs", "");
    },
  ],
  ["without its language host", (server) => server.install("pulumi", "echo v3.259.0")],
  [
    "that does not run",
    (server) => {
      server.install("pulumi", "exit 1");
      server.install("pulumi-language-nodejs", "");
    },
  ],
])("a Pulumi on the PATH %s is left alone", async (_what, install) => {
  vendor.publish();
  install(vendor);
  const engine = await vendor.ensure();
  expect(engine.source).toBe("download");
  expect(engine.binDir).toBe(join(engine.pulumiHome, "bin"));
});

test("the engine of `aistack env` is not taken for an installed one", async () => {
  vendor.publish();
  vendor.install("pulumi", "echo v3.258.0");
  const own = await vendor.ensure({ offline: true });
  // Now it answers with the pinned version, stands first on the PATH, and PULUMI_HOME is its own.
  writeFileSync(join(own.binDir, "pulumi"), "#!/bin/sh\necho v3.259.0\n");
  vi.stubEnv("PATH", `${own.binDir}:${process.env.PATH}`);
  vi.stubEnv("PULUMI_HOME", own.pulumiHome);
  expect(await vendor.ensure()).toEqual(own);
});
