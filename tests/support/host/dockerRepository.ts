import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** What is answered to one address of the repository. */
export type Answer = Buffer | string | number | { readonly redirect: string } | "hang";

/**
 * A stand-in for Docker's package repository on loopback: real TLS, a real OpenPGP key and a list of packages
 * that it has signed, for the system `debian bookworm`.
 */
export class DockerRepository {
  readonly folder = mkdtempSync(join(tmpdir(), "aistack-repo-"));
  readonly certificate = join(this.folder, "certificate.pem");
  /** of Docker's key, as it is here, and of one that is not Docker's */
  fingerprint = "";
  otherFingerprint = "";
  /** by path; a test may exchange any of them */
  readonly answers = new Map<string, Answer>();
  readonly #servers: Server[] = [];
  readonly #keys = join(this.folder, "keys");

  static async start(): Promise<DockerRepository> {
    const repository = new DockerRepository();
    await repository.#makeCertificate();
    mkdirSync(repository.#keys, { mode: 0o700 });
    repository.fingerprint = await repository.#makeKey("Docker stand-in");
    repository.otherFingerprint = await repository.#makeKey("somebody else");
    const serve: RequestListener = (request, response) => {
      const answer = repository.answers.get(request.url ?? "") ?? 404;
      if (answer === "hang") return;
      if (typeof answer === "number") response.writeHead(answer).end();
      else if (typeof answer === "object" && "redirect" in answer)
        response.writeHead(302, { location: answer.redirect }).end();
      else response.end(answer);
    };
    const tls = {
      key: readFileSync(join(repository.folder, "key.pem")),
      cert: readFileSync(repository.certificate),
    };
    for (const server of [createServer(tls, serve), createPlainServer(serve)]) {
      repository.#servers.push(server);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    return repository;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port(0)}`;
  }

  /** the same without encryption */
  get plainUrl(): string {
    return `http://127.0.0.1:${this.#port(1)}`;
  }

  /** The usual answers: the key, and a list with docker-ce in it, signed by the key with that fingerprint. */
  async fill(signer = this.fingerprint): Promise<void> {
    this.answers.clear();
    this.answers.set("/linux/debian/gpg", await this.key(this.fingerprint));
    const packages = [
      "Package: docker-ce",
      "Version: 5:29.5.1-1",
      "Architecture: amd64",
      "Maintainer: test",
      "Description: test",
      "Filename: docker-ce.deb",
      "Size: 1",
      `SHA256: ${"0".repeat(64)}`,
      "",
    ].join("\n");
    const hash = createHash("sha256").update(packages).digest("hex");
    const release = [
      "Suite: bookworm",
      "Codename: bookworm",
      `Date: ${new Date().toUTCString().replace("GMT", "UTC")}`,
      "Architectures: amd64",
      "Components: stable",
      "SHA256:",
      ` ${hash} ${packages.length} stable/binary-amd64/Packages`,
      "",
    ].join("\n");
    const signed = await this.#gpg(["--local-user", signer, "--clearsign"], release);
    const base = "/linux/debian/dists/bookworm";
    this.answers.set(`${base}/InRelease`, signed);
    this.answers.set(`${base}/stable/binary-amd64/Packages`, packages);
  }

  /** The public keys with these fingerprints, in one file. */
  async key(...fingerprints: string[]): Promise<Buffer> {
    return this.#gpg(["--armor", "--export", ...fingerprints]);
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
    await execa("gpgconf", ["--homedir", this.#keys, "--kill", "all"]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #port(server: number): number {
    const address = this.#servers[server]?.address() as AddressInfo | undefined;
    if (address === undefined) throw new Error("the repository does not run");
    return address.port;
  }

  async #makeCertificate(): Promise<void> {
    const args =
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1";
    await execa("openssl", [
      ...args.split(" "),
      "-keyout",
      join(this.folder, "key.pem"),
      "-out",
      this.certificate,
    ]);
  }

  /** @returns the key's fingerprint */
  async #makeKey(name: string): Promise<string> {
    const made = ["--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "1d"];
    await this.#gpg(made);
    const listed = await this.#gpg(["--with-colons", "--list-keys", `=${name}`]);
    return /^fpr:+([0-9A-F]{40}):/m.exec(listed.toString())?.[1] ?? "";
  }

  async #gpg(args: readonly string[], input = ""): Promise<Buffer> {
    const { stdout } = await execa(
      "gpg",
      ["--homedir", this.#keys, "--batch", "--quiet", ...args],
      {
        input,
        encoding: "buffer",
      },
    );
    return Buffer.from(stdout);
  }
}
