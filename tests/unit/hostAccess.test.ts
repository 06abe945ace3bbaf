import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { accessHost, onHost, sshFromEnvironment, sshVariable } from "../../host/hostAccess";
import { formatProblem } from "../../plan/errors";
import { explainSshFailure } from "../../plan/sshFailure";
import { settings } from "../support/plan/settings";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-access-"));
  vi.stubEnv("AISTACK_CACHE", join(root, "cache"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const KEY = `ssh-ed25519 ${"A".repeat(68)}`;

function hostOf(config: Readonly<Record<string, unknown>> = {}) {
  const { host } = settings({
    host: { address: "gpu1.lan", hostKey: `${KEY} root@gpu1`, ...config },
  });
  if (host === undefined) throw new Error("no host");
  return host;
}

const access = (config: Readonly<Record<string, unknown>> = {}) =>
  accessHost(root, "lab", hostOf(config));

/** The values of `-o NAME=value`. */
const options = (config: Readonly<Record<string, unknown>> = {}) =>
  Object.fromEntries(
    (access(config).ssh ?? [])
      .filter((word) => /^[A-Z]\w+=/.test(word))
      .map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
  );

test("the engine is that of the host, by user and port", () => {
  expect(access().dockerHost).toBe("ssh://root@gpu1.lan:22");
  expect(access({ user: "me", port: 2222 }).dockerHost).toBe("ssh://me@gpu1.lan:2222");
  expect(access({ address: "fd00::1" }).dockerHost).toBe("ssh://root@[fd00::1]:22");
  expect(access({ port: 2222 }).ssh?.slice(-4)).toEqual(["-p", "2222", "--", "root@gpu1.lan"]);
});

describe("the host's key", () => {
  const file = () => join(root, ".state", "ssh", "lab.known_hosts");

  test("is the only known one, and no other is taken", () => {
    expect(options()).toMatchObject({
      StrictHostKeyChecking: "yes",
      UserKnownHostsFile: file(),
      GlobalKnownHostsFile: "/dev/null",
      UpdateHostKeys: "no",
      BatchMode: "yes",
      HostKeyAlgorithms: "ssh-ed25519",
    });
    expect(access().ssh?.slice(0, 2)).toEqual(["-F", "/dev/null"]);
    expect(readFileSync(file(), "utf8")).toBe(`gpu1.lan ${KEY}\n`);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test("of another port stands under that port", () => {
    access({ port: 2222 });
    expect(readFileSync(file(), "utf8")).toBe(`[gpu1.lan]:2222 ${KEY}\n`);
  });

  test("of RSA signs by SHA-2", () => {
    const hostKey = `ssh-rsa ${"A".repeat(372)}`;
    expect(options({ hostKey }).HostKeyAlgorithms).toBe("rsa-sha2-512,rsa-sha2-256");
  });

  test("another one is another connection, though one is still open", () => {
    const other = options({ hostKey: `ssh-ed25519 ${"B".repeat(68)}` });
    expect(other.ControlPath).not.toBe(options().ControlPath);
  });
});

test("a key file is the only identity; without one the agent's are offered", () => {
  const { ssh } = access({ privateKeyFile: "/keys/gpu1" });
  expect(ssh).toEqual(expect.arrayContaining(["IdentitiesOnly=yes", "-i", "/keys/gpu1"]));
  expect(access().ssh).not.toContain("-i");
});

test("this machine is reached by no ssh at all", () => {
  const here = accessHost(root, "lab", undefined, {});
  expect(onHost(here, "sh x.sh")).toBe("sh x.sh");
  expect(sshVariable(here)).toEqual({});
  expect(sshFromEnvironment({})).toBeUndefined();
});

test("commands that run here learn of the host by one variable", () => {
  const there = access();
  expect(sshFromEnvironment(sshVariable(there))).toEqual(there.ssh);
});

describe("what ssh says", () => {
  const key =
    "aistack:host.hostKey: the key that gpu1.lan, port 22 shows is not the declared one, so nothing was sent to it. " +
    "Ask the host itself, not the network, for its key: cat /etc/ssh/ssh_host_ed25519_key.pub. " +
    "Correct the declared one only if the two differ for a reason that you know";

  test.each<[string, string]>([
    ["Host key verification failed.", key],
    ["@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", key],
    [
      "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: rsa-sha2-512",
      key,
    ],
    [
      "root@gpu1.lan: Permission denied (publickey).",
      "aistack:host: gpu1.lan does not let user root in with the SSH agent's keys. " +
        "Add the public key to ~root/.ssh/authorized_keys there, or correct user and privateKeyFile",
    ],
    [
      "ssh: connect to host gpu1.lan port 22: Connection refused",
      "aistack:host.address: gpu1.lan, port 22 cannot be reached: ssh: connect to host gpu1.lan port 22: " +
        "Connection refused. See that the host is up and its SSH server runs, and that address and port are right",
    ],
    [
      "noise\nssh: Could not resolve hostname gpu1.lan: Name or service not known\r",
      "aistack:host.address: gpu1.lan, port 22 cannot be reached: ssh: Could not resolve hostname gpu1.lan: " +
        "Name or service not known. See that the host is up and its SSH server runs, and that address and port are right",
    ],
    ...[
      "Timeout, server gpu1.lan not responding.",
      "client_loop: send disconnect: Broken pipe",
    ].map((said): [string, string] => [
      said,
      `aistack:host.address: gpu1.lan, port 22 cannot be reached: ${said}. ` +
        "See that the host is up and its SSH server runs, and that address and port are right",
    ]),
  ])("%s", (said, told) => {
    const problem = explainSshFailure(hostOf(), said);
    expect(problem && formatProblem(problem)).toBe(told);
  });

  test("anything else is no fault of the connection's", () => {
    expect(explainSshFailure(hostOf(), "sh: 3: Syntax error")).toBeUndefined();
  });
});
