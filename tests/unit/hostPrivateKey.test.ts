import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { privateKeyPath, readPrivateKey } from "../../host/privateKey";

const WHERE = "aistack:host.privateKeyFile";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-key-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function makeKey(passphrase: string, ...form: string[]): string {
  const path = join(root, "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", ...form, "-N", passphrase, "-f", path]);
  return path;
}

test("a relative path begins at the checkout, wherever the command runs", () => {
  expect(privateKeyPath("/checkout", "keys/gpu1")).toBe("/checkout/keys/gpu1");
  expect(privateKeyPath("/checkout", "/keys/gpu1")).toBe("/keys/gpu1");
  expect(privateKeyPath("/checkout", "~/.ssh/gpu1")).toBe(join(homedir(), ".ssh/gpu1"));
});

test("a key that is not there", () => {
  expect(() => readPrivateKey(root, "absent")).toThrow(
    `${WHERE}: the private key ${root}/absent cannot be read (ENOENT). ` +
      "Correct the path, or remove the key to use those of the SSH agent",
  );
});

test("a key that others may read", () => {
  writeFileSync(join(root, "key"), "");
  chmodSync(join(root, "key"), 0o640);
  expect(() => readPrivateKey(root, "key")).toThrow(
    `${WHERE}: the private key ${root}/key can be used by others (mode 0640), so ssh does not take it. ` +
      `Close it: chmod 600 ${root}/key`,
  );
});

const FORMS: [string, string[]][] = [
  ["OpenSSH's form", []],
  ["PEM", ["-m", "PEM"]],
  ["PKCS 8", ["-m", "PKCS8"]],
];

describe.each(FORMS)("a key in %s", (_name, form) => {
  test("is used as it is", () => {
    const path = makeKey("", ...form);
    expect(readPrivateKey(root, "key", {})).toEqual({ path, usable: readFileSync(path, "utf8") });
  });

  test("that a passphrase protects is left to the SSH agent", () => {
    const path = makeKey("a passphrase", ...form);
    expect(readPrivateKey(root, "key", { SSH_AUTH_SOCK: "/run/agent" })).toEqual({
      path,
      usable: undefined,
    });
    expect(() => readPrivateKey(root, "key", {})).toThrow(
      `${WHERE}: the private key ${path} is protected by a passphrase, and no SSH agent runs that could use it. ` +
        `Start one and give it the key: eval "$(ssh-agent)" && ssh-add ${path}`,
    );
  });
});
