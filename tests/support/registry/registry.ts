import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { docker } from "../e2e/workspace";
import { freePort } from "../freePort";

/** Whom a registry with a password lets in. */
export const USER = "tester";
export const PASSWORD = "correct-horse";
/** The password by bcrypt, the only hash that the registry takes. */
const HTPASSWD = `${USER}:$2y$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS\n`;

const STARTS_WITHIN_MS = 20_000;

export const IMAGE_TYPE = "application/vnd.docker.distribution.manifest.v2+json";
export const LIST_TYPE = "application/vnd.docker.distribution.manifest.list.v2+json";

/** A real registry, Debian's docker-registry, on a port of its own on loopback and with a storage of its own. */
export class Registry {
  readonly folder = mkdtempSync(join(tmpdir(), "aistack-registry-"));
  readonly prefix = `t${randomBytes(3).toString("hex")}`;
  /** `127.0.0.1:PORT` */
  host = "";
  readonly #password: boolean;
  #process: ReturnType<typeof spawn> | undefined;

  private constructor(password: boolean) {
    this.#password = password;
  }

  static async start({ password = false } = {}): Promise<Registry> {
    const registry = new Registry(password);
    registry.host = `127.0.0.1:${await freePort()}`;
    await registry.restart();
    return registry;
  }

  /** Starts it again, with what it had. */
  async restart(): Promise<void> {
    const users = join(this.folder, "users");
    writeFileSync(users, HTPASSWD);
    const auth = this.#password ? `auth: {htpasswd: {realm: test, path: "${users}"}}\n` : "";
    const config = join(this.folder, "config.yml");
    writeFileSync(
      config,
      `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: "${this.folder}/storage"}}\nhttp: {addr: "${this.host}"}\n${auth}`,
    );
    const log = join(this.folder, "log");
    const started = spawn("sh", ["-c", `exec docker-registry serve "$0" >"$1" 2>&1`, config, log], {
      stdio: "ignore",
    });
    this.#process = started;
    for (const late = Date.now() + STARTS_WITHIN_MS; Date.now() < late; await sleep(50)) {
      if (started.exitCode !== null) break;
      if (await this.#answers()) return;
    }
    throw new Error(`docker-registry did not start: ${readFileSync(log, "utf8")}`);
  }

  /** It no longer answers; what it stores stays. */
  async stop(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.#process = undefined;
    const ended = new Promise((done) => running.once("exit", done));
    running.kill("SIGKILL");
    await ended;
  }

  /** Ends it, and removes its storage and what was pushed from here. */
  async remove(): Promise<void> {
    await this.stop();
    await this.forget();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Removes every name of this registry from the engine; images that have others stay. */
  async forget(): Promise<void> {
    const format = "{{.Repository}}\t{{.Tag}}\t{{.Digest}}";
    const filter = `reference=${this.host}/${this.prefix}-x/*`;
    const listed = await docker("image", "ls", "--digests", "--format", format, "--filter", filter);
    for (const row of listed.split("\n").filter(Boolean)) {
      const [repository, tag, digest] = row.split("\t");
      const names = [`${repository}:${tag}`, `${repository}@${digest}`];
      for (const name of names.filter((one) => !one.endsWith("<none>")))
        await execa("docker", ["image", "rm", "--force", name], { reject: false });
    }
  }

  /** Name of an image in this registry. */
  name(image: string): string {
    return `${this.host}/${this.prefix}-x/${image}`;
  }

  /** Pushes an image that the engine has under another name, or a tiny one that is made for it. */
  async push(image: string, from?: string): Promise<string> {
    const name = this.name(image);
    if (from === undefined) await makeTinyImage(name);
    else await docker("tag", from, name);
    await execa("docker", ["--config", this.signedIn(), "push", "--quiet", name]);
    return this.digest(image);
  }

  /** A folder for DOCKER_CONFIG of somebody who has signed in. */
  signedIn(password = PASSWORD): string {
    const folder = join(this.folder, `docker-${password === PASSWORD ? "right" : "wrong"}`);
    mkdirSync(folder, { recursive: true });
    const auth = Buffer.from(`${USER}:${password}`).toString("base64");
    const auths = this.#password ? { [this.host]: { auth } } : {};
    writeFileSync(join(folder, "config.json"), JSON.stringify({ auths }));
    return folder;
  }

  /** The digest by the registry's own word. */
  async digest(image: string): Promise<string> {
    const { headers } = await this.#ask(image, "HEAD");
    return headers.get("docker-content-digest") ?? "";
  }

  /** As it is stored: a digest is one of bytes. */
  async manifest(image: string): Promise<string> {
    return (await this.#ask(image, "GET")).text();
  }

  async putManifest(image: string, type: string, manifest: string): Promise<void> {
    await this.#ask(image, "PUT", { type, body: manifest });
  }

  /** Where the registry stores something. */
  blob(digest: string): string {
    const hash = digest.slice("sha256:".length);
    const folder = "storage/docker/registry/v2/blobs/sha256";
    return join(this.folder, folder, hash.slice(0, 2), hash, "data");
  }

  async #answers(): Promise<boolean> {
    try {
      const response = await fetch(`http://${this.host}/v2/`);
      await response.body?.cancel();
      return response.status === (this.#password ? 401 : 200);
    } catch {
      return false;
    }
  }

  async #ask(image: string, method: string, content?: { type: string; body: string }) {
    const [repository = "", target = ""] = image.split(/[:@](.*)/s);
    const url = `http://${this.host}/v2/${this.prefix}-x/${repository}/manifests/${target}`;
    const response = await fetch(url, {
      method,
      headers: {
        accept: `${IMAGE_TYPE}, ${LIST_TYPE}`,
        authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`,
        ...(content === undefined ? {} : { "content-type": content.type }),
      },
      ...(content === undefined ? {} : { body: content.body }),
    });
    if (!response.ok) throw new Error(`${method} ${url}: HTTP ${response.status}`);
    return response;
  }
}

/** An image of one small file, no two the same. */
async function makeTinyImage(name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "aistack-image-"));
  try {
    writeFileSync(join(folder, "content"), randomBytes(32).toString("hex"));
    await execa("sh", [
      "-c",
      `tar --create --directory "$0" . | docker import - "$1"`,
      folder,
      name,
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function sha256(content: string | Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
