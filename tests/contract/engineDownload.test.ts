// The engine from the vendor's servers, whose layout a loopback server repeats: GitHub's releases
// under /github, get.pulumi.com under /mirror. Builds go to a stand-in for Go, so none is long.
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa, execaSync } from "execa";
import { beforeEach, expect, test, vi } from "vitest";
import { type CachePaths, locateCache } from "../../cli/artifacts";
import { type EngineEvent, type EngineOptions, ensureEngine } from "../../cli/engine";

type Answer = (response: ServerResponse) => void;

const plugins = process.arch === "x64" ? "amd64" : "arm64";
const CLI = `pulumi-v3.259.0-linux-${process.arch}.tar.gz`;
const DOCKER = `pulumi-resource-docker-v5.2.0-linux-${plugins}.tar.gz`;
const COMMAND = `pulumi-resource-command-v1.2.1-linux-${plugins}.tar.gz`;
const RELEASE = {
  cli: "/github/pulumi/pulumi/releases/download/v3.259.0",
  docker: "/github/pulumi/pulumi-docker/releases/download/v5.2.0",
  command: "/github/pulumi/pulumi-command/releases/download/v1.2.1",
};

let folder: string;
let cache: CachePaths;
let base: string;
let answers: Map<string, Answer>;
let requests: string[];
let events: EngineEvent[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "engine-download-"));
  cache = locateCache({ AISTACK_CACHE: join(folder, "cache") });
  answers = new Map();
  requests = [];
  events = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const answer = answers.get(request.url ?? "");
    if (answer === undefined) response.writeHead(404).end("Not Found");
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  mkdirSync(join(folder, "bin"));
  vi.stubEnv("PATH", `${join(folder, "bin")}:/usr/bin:/bin`);
  vi.stubEnv("HOME", folder);
  vi.stubEnv("PULUMI_HOME", undefined);
  fake("go", FAKE_GO);
  return () => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  };
});

function fake(name: string, body: string): string {
  const path = join(folder, "bin", name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const FAKE_GO = `
case "$1" in
  env) echo go1.26.0 ;;
  version) echo go version go1.26.0 ;;
  list) printf 'a\\nb\\n' ;;
  build)
    echo a >&2; echo b >&2
    while test "$1" != -o; do shift; done
    printf '#!/bin/sh\\necho built\\n' > "$2"; chmod 755 "$2" ;;
esac`;

/** Makes an archive of fake executables, each of which says what it is. */
function pack(name: string, members: readonly string[]): Buffer {
  const root = mkdtempSync(join(folder, "pack-"));
  for (const member of members) {
    mkdirSync(join(root, member, ".."), { recursive: true });
    writeFileSync(join(root, member), `#!/bin/sh\necho "vendor's ${member}"\n`, { mode: 0o755 });
  }
  const archive = join(root, name);
  execaSync("tar", ["-czf", archive, "-C", root, ...members]);
  return readFileSync(archive);
}

function serve(path: string, body: string | Buffer): void {
  answers.set(path, (response) => response.end(body));
}

function digest(body: Buffer, algorithm = "sha256"): string {
  return createHash(algorithm).update(body).digest("hex");
}

/** Publishes a release as the vendor does: the lists are not alike. */
function publish(): { cli: Buffer; docker: Buffer; command: Buffer } {
  const cli = pack(CLI, ["pulumi/pulumi", "pulumi/pulumi-language-nodejs", "pulumi/pulumi-watch"]);
  const docker = pack(DOCKER, ["pulumi-resource-docker", "README.md"]);
  const command = pack(COMMAND, ["pulumi-resource-command"]);
  serve(`${RELEASE.cli}/${CLI}`, cli);
  serve(
    `${RELEASE.cli}/pulumi-3.259.0-checksums.txt`,
    `${digest(Buffer.from(""))}  pulumi-v3.259.0-darwin-arm64.tar.gz\n${digest(cli)}  ${CLI}\n`,
  );
  serve(`${RELEASE.docker}/${DOCKER}`, docker);
  serve(
    `${RELEASE.docker}/pulumi-docker_5.2.0_checksums.txt`,
    `${digest(docker, "sha1")}  ./${DOCKER}\n`,
  );
  serve(`${RELEASE.command}/${COMMAND}`, command);
  serve(
    `${RELEASE.command}/pulumi-command_1.2.1_checksums.txt`,
    `${digest(command)}  ${COMMAND}\n`,
  );
  return { cli, docker, command };
}

function ensure(options: Partial<EngineOptions> = {}) {
  return ensureEngine({
    log: (event) => events.push(event),
    vendorUrls: { releases: `${base}/github` },
    cache,
    ...options,
  });
}

function messages(type: EngineEvent["type"]): string[] {
  return events.filter((event) => event.type === type).map((event) => event.message);
}

const BUILT = [
  "Pulumi 3.259.0: building from source",
  "Pulumi's docker plugin 5.2.0: building from source",
  "Pulumi's command plugin 1.2.1: building from source",
];

test("downloads every piece, verified, into the layout Pulumi expects", async () => {
  publish();
  const engine = await ensure();
  expect(engine).toEqual({
    binDir: join(engine.pulumiHome, "bin"),
    pulumiHome: engine.pulumiHome,
    source: "download",
    pieces: { cli: "download", docker: "download", command: "download" },
  });
  const run = async (...path: string[]) => (await execa(join(engine.pulumiHome, ...path))).stdout;
  expect(await run("bin", "pulumi")).toBe("vendor's pulumi/pulumi");
  expect(await run("bin", "pulumi-language-nodejs")).toBe("vendor's pulumi/pulumi-language-nodejs");
  expect(readdirSync(engine.binDir)).toEqual(["pulumi", "pulumi-language-nodejs"]);
  expect(readdirSync(join(engine.pulumiHome, "plugins"))).toEqual([
    "resource-command-v1.2.1",
    "resource-docker-v5.2.0",
  ]);
  expect(await run("plugins", "resource-docker-v5.2.0", "pulumi-resource-docker")).toBe(
    "vendor's pulumi-resource-docker",
  );
  expect(messages("found")).toEqual([
    `Pulumi 3.259.0: downloaded from ${base}${RELEASE.cli}/${CLI}`,
    `Pulumi's docker plugin 5.2.0: downloaded from ${base}${RELEASE.docker}/${DOCKER}`,
    `Pulumi's command plugin 1.2.1: downloaded from ${base}${RELEASE.command}/${COMMAND}`,
  ]);
  expect(messages("progress").at(0)).toBe(`Pulumi: downloading ${CLI}`);
  expect(messages("unavailable")).toEqual([]);
});

test("asks for nothing once all is there", async () => {
  publish();
  const first = await ensure();
  requests.length = 0;
  events.length = 0;
  expect(await ensure()).toEqual(first);
  expect(requests).toEqual([]);
  expect(events).toEqual([]);
});

test("a wrong checksum is refused, and nothing else is tried", async () => {
  const { cli } = publish();
  const tampered = pack(CLI, ["pulumi/pulumi", "pulumi/pulumi-language-nodejs", "evil"]);
  serve(`${RELEASE.cli}/${CLI}`, tampered);
  serve(`/mirror/releases/sdk/${CLI}`, cli);
  serve("/mirror/releases/sdk/pulumi-3.259.0-checksums.txt", `${digest(cli)}  ${CLI}\n`);
  await expect(
    ensure({ vendorUrls: { releases: `${base}/github`, mirror: `${base}/mirror` } }),
  ).rejects.toMatchObject({
    name: "StackError",
    message:
      `${base}${RELEASE.cli}/${CLI}: wrong sha256 checksum: ` +
      `${base}${RELEASE.cli}/pulumi-3.259.0-checksums.txt says ${digest(cli)}, ` +
      `the download has ${digest(tampered)}. It was not unpacked. ` +
      "The file is damaged or was tampered with on its way: try again, then ask your network's administrator",
  });
  expect(messages("found")).toEqual([]);
  expect(requests).not.toContain(`/mirror/releases/sdk/${CLI}`);
  expect(readdirSync(cache.artifacts)).toEqual([]);
});

test("what the first server lacks comes from the second", async () => {
  const { cli } = publish();
  answers.delete(`${RELEASE.cli}/${CLI}`);
  serve(`/mirror/releases/sdk/${CLI}`, cli);
  serve("/mirror/releases/sdk/pulumi-3.259.0-checksums.txt", `${digest(cli)}  ${CLI}\n`);
  const engine = await ensure({
    vendorUrls: { releases: `${base}/github`, mirror: `${base}/mirror` },
  });
  expect(engine.pieces).toEqual({ cli: "download", docker: "download", command: "download" });
  expect(messages("found")[0]).toBe(
    `Pulumi 3.259.0: downloaded from ${base}/mirror/releases/sdk/${CLI}`,
  );
});

test.each<[string, string, (url: string) => void]>([
  ["an archive that is not there", "{archive} answered 404", (url) => answers.delete(url)],
  [
    "an archive that breaks off",
    "{archive} cannot be reached: other side closed",
    (url) =>
      answers.set(url, (response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("x".repeat(10));
        setTimeout(() => response.destroy(), 50);
      }),
  ],
  [
    "an archive that stalls",
    "{archive} did not answer within 0.3 s",
    (url) =>
      answers.set(url, (response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("x");
      }),
  ],
])("%s is built instead, and the reason told", async (_what, reason, breakIt) => {
  publish();
  const url = `${RELEASE.docker}/${DOCKER}`;
  breakIt(url);
  const engine = await ensure({ patience: { reachMs: 5000, stallMs: 300 } });
  expect(engine.pieces).toEqual({ cli: "download", docker: "build", command: "download" });
  expect(messages("unavailable")).toEqual([
    `Pulumi's docker plugin: ${reason.replace("{archive}", `${base}${url}`)}`,
  ]);
  const plugin = join(engine.pulumiHome, "plugins/resource-docker-v5.2.0/pulumi-resource-docker");
  expect((await execa(plugin)).stdout).toBe("built");
});

test("a network's login page is not taken for the vendor", async () => {
  for (const [piece, list] of [
    ["cli", "pulumi-3.259.0-checksums.txt"],
    ["docker", "pulumi-docker_5.2.0_checksums.txt"],
    ["command", "pulumi-command_1.2.1_checksums.txt"],
  ] as const) {
    serve(`${RELEASE[piece]}/${list}`, "<html>Please sign in</html>");
  }
  const engine = await ensure();
  expect(engine.source).toBe("build");
  expect(messages("found")).toEqual(BUILT);
  expect(messages("unavailable")[0]).toBe(
    `Pulumi: ${base}${RELEASE.cli}/pulumi-3.259.0-checksums.txt does not list ${CLI}`,
  );
});

test("servers that never answer cost five seconds together, not each", async () => {
  const hang: Answer = () => undefined;
  const vendorUrls = { releases: `${base}/github`, mirror: `${base}/mirror` };
  answers.get = () => hang;
  const begin = performance.now();
  await ensure({ vendorUrls });
  const seconds = (performance.now() - begin) / 1000;
  expect(requests).toHaveLength(6);
  expect(seconds).toBeGreaterThan(4.9);
  expect(seconds).toBeLessThan(8);
  expect(messages("found")).toEqual(BUILT);
  expect(messages("unavailable")[1]).toBe(
    `Pulumi: ${base}/mirror/releases/sdk/pulumi-3.259.0-checksums.txt did not answer within 5 s`,
  );
}, 20_000);

test("a server that is not there is told with its fault", async () => {
  await ensure({ vendorUrls: { releases: "http://127.0.0.1:1/github" } });
  expect(messages("unavailable")[0]).toMatch(
    /^Pulumi: http:\/\/127\.0\.0\.1:1\/github\/\S+ cannot be reached: .*(bad port|ECONNREFUSED)/,
  );
});

test("an archive without the language host is refused, not half used", async () => {
  publish();
  const cli = pack(CLI, ["pulumi/pulumi"]);
  serve(`${RELEASE.cli}/${CLI}`, cli);
  serve(`${RELEASE.cli}/pulumi-3.259.0-checksums.txt`, `${digest(cli)}  ${CLI}\n`);
  await expect(ensure()).rejects.toThrow(
    `${base}${RELEASE.cli}/${CLI}: the archive cannot be unpacked: ` +
      "tar: pulumi/pulumi-language-nodejs: Not found in archive. " +
      "Report this: the vendor's layout has changed",
  );
});

test("offline, nobody is asked", async () => {
  publish();
  const engine = await ensure({ offline: true });
  expect(requests).toEqual([]);
  expect(engine.pieces).toEqual({ cli: "build", docker: "build", command: "build" });
  expect(messages("found")).toEqual(BUILT);
  expect(messages("progress")).toContain("Pulumi: compiling b");
});

test("a Pulumi on the PATH and a plugin of the user's come before all else", async () => {
  publish();
  const pulumi = fake("pulumi", "echo v3.259.0");
  fake("pulumi-language-nodejs", "");
  const installed = join(folder, ".pulumi/plugins/resource-docker-v5.2.0");
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, "pulumi-resource-docker"), "#!/bin/sh\necho mine\n", {
    mode: 0o755,
  });

  const engine = await ensure();
  expect(engine.binDir).toBe(join(pulumi, ".."));
  expect(engine.pieces).toEqual({ cli: "path", docker: "path", command: "download" });
  expect(messages("found")).toEqual([
    `Pulumi 3.259.0: found on the PATH (${join(folder, "bin")})`,
    `Pulumi's docker plugin 5.2.0: found in ${installed}`,
    `Pulumi's command plugin 1.2.1: downloaded from ${base}${RELEASE.command}/${COMMAND}`,
  ]);
  const plugin = join(engine.pulumiHome, "plugins/resource-docker-v5.2.0/pulumi-resource-docker");
  expect((await execa(plugin)).stdout).toBe("mine");
});

test.each<[string, () => void]>([
  [
    "of another version",
    () => fake("pulumi", "echo v3.258.0") && fake("pulumi-language-nodejs", ""),
  ],
  ["without its language host", () => fake("pulumi", "echo v3.259.0")],
  ["that does not run", () => fake("pulumi", "exit 1") && fake("pulumi-language-nodejs", "")],
])("a Pulumi on the PATH %s is left alone", async (_what, install) => {
  publish();
  install();
  const engine = await ensure();
  expect(engine.source).toBe("download");
  expect(engine.binDir).toBe(join(engine.pulumiHome, "bin"));
});
