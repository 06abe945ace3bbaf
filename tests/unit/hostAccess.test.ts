import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { dockerCommand } from "../../host/dockerCommand";
import { accessFromEnvironment, accessHost, onHost, sshVariable } from "../../host/hostAccess";
import { formatProblem } from "../../plan/errors";
import { explainSshFailure } from "../../plan/sshFailure";
import { settings } from "../support/plan/settings";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-access-"));
  vi.stubEnv("XDG_RUNTIME_DIR", root);
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

/** What ssh is told in the file that it is given. */
const options = (config: Readonly<Record<string, unknown>> = {}) => {
  const [, file = ""] = access(config).ssh ?? [];
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
  );
};

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
      UserKnownHostsFile: `"${file()}"`,
      GlobalKnownHostsFile: "/dev/null",
      UpdateHostKeys: "no",
      BatchMode: "yes",
      HostKeyAlgorithms: "ssh-ed25519",
    });
    expect(readFileSync(file(), "utf8")).toBe(`gpu1.lan ${KEY}\n`);
    expect(statSync(file()).mode & 0o777).toBe(0o644);
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

test("paths with spaces and percent signs are taken as they are", () => {
  root = join(root, "a 50% folder");
  expect(options().UserKnownHostsFile).toBe(
    `"${root.replace("%", "%%")}/.state/ssh/lab.known_hosts"`,
  );
  root = join(root, "..");
});

describe("connections are shared", () => {
  test("by a socket whose path is short enough, wherever the cache lies", () => {
    vi.stubEnv("AISTACK_CACHE", join(root, "c".repeat(90)));
    const { ControlMaster, ControlPath } = options();
    expect(ControlMaster).toBe("auto");
    expect(ControlPath).toMatch(new RegExp(`^${root}/aistack/[0-9a-f]{16}$`));
  });
});

test("a key file is the only identity; without one the agent's are offered", () => {
  const file = join(root, "key");
  writeFileSync(file, "a key", { mode: 0o600 });
  expect(options({ privateKeyFile: file })).toMatchObject({
    IdentitiesOnly: "yes",
    IdentityFile: `"${file}"`,
  });
  expect(options().IdentityFile).toBeUndefined();
});

test("a key file that ssh would not take is told before anybody is asked", () => {
  const file = join(root, "key");
  writeFileSync(file, "a key");
  chmodSync(file, 0o644);
  expect(() => access({ privateKeyFile: "key" })).toThrow(
    `aistack:host.privateKeyFile: the private key ${file} can be used by others (mode 0644), ` +
      `so ssh does not take it. Close it: chmod 600 ${file}`,
  );
});

test("this machine is reached by no ssh at all", () => {
  const here = accessHost(root, "lab", undefined, {});
  expect(onHost(here, "sh x.sh")).toBe("sh x.sh");
  expect(sshVariable(here)).toEqual({});
  expect(accessFromEnvironment({ DOCKER_HOST: "unix:///run/d.sock" })).toEqual({
    dockerHost: "unix:///run/d.sock",
  });
});

describe("commands that run here", () => {
  test("find their own way to the host from one variable", () => {
    const there = access({ port: 2222 });
    vi.spyOn(process, "cwd").mockReturnValue(root);
    expect(accessFromEnvironment({ ...process.env, ...sshVariable(there) })).toEqual(there);
    vi.restoreAllMocks();
  });

  test("and the Docker provider are given nothing that another user or checkout has not", () => {
    const inputs = () => [sshVariable(access()), access().sshOptions];
    const mine = inputs();
    const other = mkdtempSync(join(tmpdir(), "aistack-access-"));
    vi.stubEnv("XDG_RUNTIME_DIR", other);
    vi.stubEnv("HOME", other);
    const first = root;
    root = other;
    expect(inputs()).toEqual(mine);
    expect(mine[1]).toEqual(["-F", ".state/ssh/lab.config"]);
    root = first;
    rmSync(other, { recursive: true });
  });
});

test("docker is called for the plan's engine here, or over SSH with everything quoted", () => {
  const here = { dockerHost: "unix:///run/d.sock", ssh: undefined };
  expect(dockerCommand(here, "tag", "a b", "c")).toEqual({
    file: "docker",
    args: ["--host", "unix:///run/d.sock", "tag", "a b", "c"],
  });
  const there = { dockerHost: "ssh://u@h:22", ssh: ["-p", "22", "--", "u@h"] };
  expect(dockerCommand(there, "tag", "a b")).toEqual({
    file: "ssh",
    args: ["-p", "22", "--", "u@h", "'docker' 'tag' 'a b'"],
  });
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

  test.each([
    [255, "Bad configuration option: x\n/t/config: terminating\r\n", "/t/config: terminating"],
    [127, "sh: 1: ssh: not found", "sh: 1: ssh: not found"],
    [255, "", "exit code 255"],
  ])("ssh that gives up with %i for another reason", (exitCode, said, told) => {
    const problem = explainSshFailure(hostOf({ privateKeyFile: "key" }), said, exitCode);
    expect(problem && formatProblem(problem)).toBe(
      `aistack:host: ssh could not be used: ${told}. ` +
        "Mend what this tells: ssh -v -i key -p 22 root@gpu1.lan true",
    );
  });

  test("anything else is no fault of the connection's", () => {
    expect(explainSshFailure(hostOf(), "sh: 3: Syntax error")).toBeUndefined();
    expect(explainSshFailure(hostOf(), "sh: 3: Syntax error", 2)).toBeUndefined();
  });
});
