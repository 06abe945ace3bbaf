// scripts/host/docker-install.sh with real curl, gpg and apt against a stand-in for Docker's repository on loopback.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DockerRepository } from "../support/host/dockerRepository";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const KEY = "/linux/debian/gpg";

let repository: DockerRepository;
let root: string;
beforeAll(async () => {
  repository = await DockerRepository.start();
});
afterAll(() => repository?.stop());
beforeEach(async () => {
  await repository.fill();
  root = mkdtempSync(join(tmpdir(), "aistack-apt-"));
  for (const folder of [
    "etc/apt/sources.list.d",
    "etc/apt/preferences.d",
    "etc/apt/apt.conf.d",
    "lists/partial",
    "cache/archives/partial",
  ])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "dpkg-status"), "");
  writeFileSync(join(root, "etc/os-release"), "ID=debian\nVERSION_CODENAME=bookworm\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An apt of its own: nothing of this machine's is read or written. */
const PRELUDE = `
root=${CHECKOUT}
. "$root/scripts/host/parts.sh"
log_file=$AISTACK_ROOT/log docker_answers=yes lists_are_fresh=yes
as_root() { "$@"; }
settings=(-o Dir::Etc="$AISTACK_ROOT/etc/apt" -o Dir::State::Lists="$AISTACK_ROOT/lists"
  -o Dir::State::Status="$AISTACK_ROOT/dpkg-status" -o Dir::Cache="$AISTACK_ROOT/cache"
  -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User=
  -o Acquire::https::CaInfo="$CURL_CA_BUNDLE" -o Acquire::http::Proxy=DIRECT -o Acquire::https::Proxy=DIRECT)
apt_get() { apt-get "\${settings[@]}" "$@"; }
apt-cache() { command apt-cache "\${settings[@]}" "$@"; }
# As the real one, which tells what it knows and fails once it does not know one of the names.
dpkg-query() { printf "%s" "\${DPKG_STATES-}"; return 1; }
dpkg() { echo amd64; }
trap forget_docker_key EXIT
`;

async function use(env: Record<string, string> = {}) {
  const started = Date.now();
  const { exitCode, all } = await execa(
    "bash",
    ["-Eeuo", "pipefail", "-c", `${PRELUDE}\nif use_docker_repository; then echo used; fi`],
    {
      all: true,
      reject: false,
      stdin: "ignore",
      env: {
        AISTACK_ROOT: root,
        AISTACK_DOCKER_REPOSITORY: repository.url,
        AISTACK_DOCKER_KEY_FINGERPRINT: repository.fingerprint,
        CURL_CA_BUNDLE: repository.certificate,
        no_proxy: "127.0.0.1",
        TMPDIR: root,
        HOME: root,
        ...env,
      },
    },
  );
  return {
    code: exitCode,
    lines: all.split("\n").map((line) => line.replace(/ in \d+ s$/, "")),
    milliseconds: Date.now() - started,
  };
}
const source = () => join(root, "etc/apt/sources.list.d/docker.sources");
const keyring = () => join(root, "etc/apt/keyrings/docker.gpg");
const NOT_FETCHED = () =>
  `Docker's key could not be fetched from ${repository.url}${KEY}: its packages come from the distribution.`;
const refused = (seen: string) =>
  `The key at ${repository.url}${KEY} is not Docker's, so nothing from there was used: its fingerprint is ${seen}, not ${repository.fingerprint}. Find out who answers in Docker's place; sudo apt-get install docker.io takes the distribution's engine`;

describe("Docker's repository", () => {
  it("with the pinned key is used, and apt trusts what that key has signed", async () => {
    const { code, lines } = await use();
    expect(lines).toEqual(["Reading the list of Docker's packages ... done", "used"]);
    expect(code).toBe(0);
    const { stdout } = await execa("gpg", [
      "--homedir",
      root,
      "--batch",
      "--no-autostart",
      "--show-keys",
      "--with-colons",
      keyring(),
    ]);
    expect([...stdout.matchAll(/^fpr:+([0-9A-F]+):$/gm)].map(([, key]) => key)).toEqual([
      repository.fingerprint,
    ]);
    expect(readFileSync(source(), "utf8")).toContain(`URIs: ${repository.url}/linux/debian\n`);
  });

  it("a second time is written anew, to the same", async () => {
    await use();
    const before = readFileSync(source(), "utf8");
    expect((await use()).lines.at(-1)).toBe("used");
    expect(readFileSync(source(), "utf8")).toBe(before);
  });

  it("is not asked where the distribution's engine was begun", async () => {
    const { code, lines } = await use({ DPKG_STATES: "not-installed\nhalf-configured\n" });
    expect(lines).toEqual([""]);
    expect(code).toBe(0);
    expect([existsSync(source()), existsSync(keyring())]).toEqual([false, false]);
  });

  it("that has signed its list with another key is not used", async () => {
    await repository.fill(repository.otherFingerprint);
    const { code, lines } = await use();
    expect(lines.at(-1)).toBe("failed (exit status 100)");
    expect(lines).not.toContain("used");
    expect(code).toBe(0);
    expect(existsSync(source())).toBe(false);
  });

  it.each([
    ["another key", () => [repository.otherFingerprint]],
    [
      "another key beside the pinned one",
      () => [repository.fingerprint, repository.otherFingerprint],
    ],
  ])("with %s ends the run", async (_name, keys) => {
    repository.answers.set(KEY, await repository.key(...keys()));
    const { code, lines } = await use();
    expect(lines).toEqual([refused(keys().join(" "))]);
    expect(code).toBe(1);
    expect([existsSync(source()), existsSync(keyring())]).toEqual([false, false]);
  });

  it("with no key at all ends the run", async () => {
    repository.answers.set(KEY, "<html>Sign in to this network</html>");
    const { code, lines } = await use();
    expect(lines).toEqual([refused("unreadable")]);
    expect(code).toBe(1);
    expect([existsSync(source()), existsSync(keyring())]).toEqual([false, false]);
  });

  it.each<[string, () => void, Record<string, string>]>([
    ["that has no key", () => repository.answers.set(KEY, 404), {}],
    ["that is out of order", () => repository.answers.set(KEY, 503), {}],
    [
      "that sends on to an unencrypted place",
      () => {
        repository.answers.set(KEY, { redirect: `${repository.plainUrl}/key` });
        repository.answers.set("/key", "key");
      },
      {},
    ],
    ["whose key has no end", () => repository.answers.set(KEY, Buffer.alloc(200_000)), {}],
    ["with a certificate of nobody's", () => {}, { CURL_CA_BUNDLE: "/dev/null" }],
  ])("%s leaves it to the distribution", async (_name, spoil, env) => {
    spoil();
    const { code, lines } = await use(env);
    expect(lines).toEqual([NOT_FETCHED()]);
    expect(code).toBe(0);
    expect([existsSync(source()), existsSync(keyring())]).toEqual([false, false]);
  });

  it("that hangs is waited for ten seconds", async () => {
    repository.answers.set(KEY, "hang");
    const { lines, milliseconds } = await use();
    expect(lines).toEqual([NOT_FETCHED()]);
    expect(milliseconds).toBeGreaterThan(9_500);
    expect(milliseconds).toBeLessThan(20_000);
  }, 40_000);
});
