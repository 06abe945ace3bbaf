import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaSync } from "execa";
import { type CachePaths, locateCache } from "../../../cli/artifacts";
import {
  type Engine,
  type EngineEvent,
  type EngineOptions,
  ensureEngine,
} from "../../../cli/engine";

/** How the server answers one path. */
export type Answer = (response: ServerResponse) => void;

const plugins = process.arch === "x64" ? "amd64" : "arm64";

/** The archives' names, and the folders of the releases, as the vendor has them. */
export const CLI = `pulumi-v3.259.0-linux-${process.arch}.tar.gz`;
export const DOCKER = `pulumi-resource-docker-v5.2.0-linux-${plugins}.tar.gz`;
export const COMMAND = `pulumi-resource-command-v1.2.1-linux-${plugins}.tar.gz`;
export const CLI_LIST = "pulumi-3.259.0-checksums.txt";
export const DOCKER_LIST = "pulumi-docker_5.2.0_checksums.txt";
export const COMMAND_LIST = "pulumi-command_1.2.1_checksums.txt";
export const RELEASE = {
  cli: "/github/pulumi/pulumi/releases/download/v3.259.0",
  docker: "/github/pulumi/pulumi-docker/releases/download/v5.2.0",
  command: "/github/pulumi/pulumi-command/releases/download/v1.2.1",
};

// A stand-in for Go, so that falling back to a build takes no minutes.
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

export function digest(body: Buffer, algorithm = "sha256"): string {
  return createHash(algorithm).update(body).digest("hex");
}

/**
 * A loopback server with the layout of the vendor's: GitHub's releases under /github, get.pulumi.com
 * under /mirror. Beside it a machine of its own: a folder for HOME, the cache and the PATH.
 */
export class VendorServer {
  readonly folder = mkdtempSync(join(tmpdir(), "engine-vendor-"));
  readonly cache: CachePaths = locateCache({ AISTACK_CACHE: join(this.folder, "cache") });
  readonly requests: string[] = [];
  readonly events: EngineEvent[] = [];
  /** Replaces the answers to every path. */
  always: Answer | undefined;
  readonly #answers = new Map<string, Answer>();
  readonly #server = createServer((request, response) => {
    const path = request.url ?? "";
    this.requests.push(path);
    const answer = this.always ?? this.#answers.get(path);
    if (answer === undefined) response.writeHead(404).end("Not Found");
    else answer(response);
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    mkdirSync(join(this.folder, "bin"));
    this.install("go", FAKE_GO);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What a process sees of this machine. */
  get environment(): Record<string, string | undefined> {
    const PATH = `${join(this.folder, "bin")}:/usr/bin:/bin`;
    return { PATH, HOME: this.folder, PULUMI_HOME: undefined };
  }

  /** Puts a script on the machine's PATH. */
  install(name: string, body: string): string {
    const path = join(this.folder, "bin", name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  serve(path: string, body: string | Buffer): void {
    this.answer(path, (response) => response.end(body));
  }

  answer(path: string, answer: Answer): void {
    this.#answers.set(path, answer);
  }

  withdraw(path: string): void {
    this.#answers.delete(path);
  }

  /** Makes an archive of fake executables, each of which says what it is. */
  pack(name: string, members: readonly string[]): Buffer {
    const root = mkdtempSync(join(this.folder, "pack-"));
    for (const member of members) {
      mkdirSync(join(root, member, ".."), { recursive: true });
      writeFileSync(join(root, member), `#!/bin/sh\necho "vendor's ${member}"\n`, { mode: 0o755 });
    }
    const archive = join(root, name);
    execaSync("tar", ["-czf", archive, "-C", root, ...members]);
    return readFileSync(archive);
  }

  /** Publishes the releases; as with the vendor's own, no two lists of checksums are alike. */
  publish(): { cli: Buffer } {
    const names = ["pulumi/pulumi", "pulumi/pulumi-language-nodejs", "pulumi/pulumi-watch"];
    const cli = this.pack(CLI, names);
    const docker = this.pack(DOCKER, ["pulumi-resource-docker", "README.md"]);
    const command = this.pack(COMMAND, ["pulumi-resource-command"]);
    const other = `${"0".repeat(64)}  pulumi-v3.259.0-darwin-arm64.tar.gz`;
    this.serve(`${RELEASE.cli}/${CLI}`, cli);
    this.serve(`${RELEASE.cli}/${CLI_LIST}`, `${other}\n${digest(cli)}  ${CLI}\n`);
    this.serve(`${RELEASE.docker}/${DOCKER}`, docker);
    this.serve(`${RELEASE.docker}/${DOCKER_LIST}`, `${digest(docker, "sha1")}  ./${DOCKER}\n`);
    this.serve(`${RELEASE.command}/${COMMAND}`, command);
    this.serve(`${RELEASE.command}/${COMMAND_LIST}`, `${digest(command)}  ${COMMAND}\n`);
    return { cli };
  }

  /** Publishes the command line on the second server. */
  mirror(cli: Buffer): void {
    this.serve(`/mirror/releases/sdk/${CLI}`, cli);
    this.serve(`/mirror/releases/sdk/${CLI_LIST}`, `${digest(cli)}  ${CLI}\n`);
  }

  /** Both of the vendor's servers, as this one stands in for them. */
  get bothUrls() {
    return { releases: `${this.base}/github`, mirror: `${this.base}/mirror` };
  }

  ensure(options: Partial<EngineOptions> = {}): Promise<Engine> {
    return ensureEngine({
      log: (event) => this.events.push(event),
      vendorUrls: { releases: `${this.base}/github` },
      cache: this.cache,
      ...options,
    });
  }

  messages(type: EngineEvent["type"]): string[] {
    return this.events.filter((event) => event.type === type).map((event) => event.message);
  }
}
