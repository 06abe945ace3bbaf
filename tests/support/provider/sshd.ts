import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../freePort";

/** A real OpenSSH server on loopback, with keys of its own, that is gone after `stop`. */
export interface Sshd {
  port: number;
  user: string;
  /** The server's public host key, as `connection.hostKey` wants it. */
  hostKey: string;
  /** Another public host key of the same server. */
  rsaHostKey: string;
  /** A key pair that the server has nothing to do with. */
  otherHostKey: string;
  otherPrivateKey: string;
  /** The private half of `hostKey`, for other servers of the same name. */
  hostPrivateKey: string;
  /** A private key that the server accepts. */
  privateKey: string;
  /** The same key, encrypted with `privateKeyPassword`. */
  encryptedPrivateKey: string;
  privateKeyPassword: string;
  privateKeyFile: string;
  /** A folder for the files of a test. */
  folder: string;
  /** How many lines of its log have this text. */
  logged(text: string): number;
  stop(): Promise<void>;
}

const sshdPath = "/usr/sbin/sshd";

/**
 * @param parent of the folder with its files
 * @param inside a command line that runs another one somewhere else, as in a machine of the test's own
 * @param settings further lines of its configuration
 */
export async function startSshd(
  parent = tmpdir(),
  inside = (...command: string[]): readonly string[] => command,
  settings: readonly string[] = [],
): Promise<Sshd> {
  const folder = mkdtempSync(join(parent, "aistack-sshd-"));
  const hostKeyFile = makeKey(folder, "host", "");
  const rsaHostKeyFile = makeKey(folder, "rsa", "", "rsa");
  const privateKeyFile = makeKey(folder, "client", "");
  const port = await freePort();
  const config = join(folder, "sshd_config");
  writeFileSync(join(folder, "authorized_keys"), readFileSync(`${privateKeyFile}.pub`));
  writeFileSync(
    config,
    `${settings.map((line) => `${line}\n`).join("")}${configuration({ folder, hostKeyFiles: [hostKeyFile, rsaHostKeyFile], port })}`,
  );
  if (process.getuid?.() === 0) {
    // Debian's service file makes this folder; sshd insists on it when it runs as root.
    mkdirSync("/run/sshd", { recursive: true });
  }

  const [command = "", ...args] = inside(sshdPath, "-D", "-e", "-f", config);
  const server = spawn(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log: string[] = [];
  await ready(server, (line) => log.push(line));

  const password = "a phrase for the key";
  const otherFile = makeKey(folder, "other", "");
  const locked = lockKey(privateKeyFile, password);
  return {
    port,
    user: userInfo().username,
    hostKey: readFileSync(`${hostKeyFile}.pub`, "utf8").trim(),
    rsaHostKey: readFileSync(`${rsaHostKeyFile}.pub`, "utf8").trim(),
    hostPrivateKey: readFileSync(hostKeyFile, "utf8"),
    otherHostKey: readFileSync(`${otherFile}.pub`, "utf8").trim(),
    otherPrivateKey: readFileSync(otherFile, "utf8"),
    privateKey: readFileSync(privateKeyFile, "utf8"),
    encryptedPrivateKey: readFileSync(locked, "utf8"),
    privateKeyPassword: password,
    privateKeyFile,
    folder,
    logged: (text) => log.filter((line) => line.includes(text)).length,
    stop: async () => {
      server.kill("SIGTERM");
      await once(server, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}

function configuration(at: { folder: string; hostKeyFiles: string[]; port: number }): string {
  return [
    "ListenAddress 127.0.0.1",
    `Port ${at.port}`,
    ...at.hostKeyFiles.map((file) => `HostKey ${file}`),
    `AuthorizedKeysFile ${join(at.folder, "authorized_keys")}`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin prohibit-password",
    "AcceptEnv AISTACK_*",
    "Subsystem sftp internal-sftp",
    // One level more, and the server would write into the output of the commands.
    "LogLevel VERBOSE",
    "MaxStartups 100",
    "",
  ].join("\n");
}

function makeKey(folder: string, name: string, password: string, type = "ed25519"): string {
  const file = join(folder, name);
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", password, "-C", name, "-f", file]);
  return file;
}

/** Encrypts a copy of a key. */
function lockKey(file: string, password: string): string {
  const locked = `${file}-locked`;
  writeFileSync(locked, readFileSync(file), { mode: 0o600 });
  execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", password, "-f", locked]);
  return locked;
}

async function ready(server: ChildProcess, log: (line: string) => void): Promise<void> {
  if (server.stderr === null) {
    throw new Error("sshd was started without a pipe for its log");
  }
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    server.once("error", () =>
      reject(new Error(`${sshdPath} is missing: apt-get install -y openssh-server`)),
    );
    server.once("exit", (code) =>
      reject(new Error(`sshd ended with ${code}:\n${lines.join("\n")}`)),
    );
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      lines.push(line);
      log(line);
      if (line.includes("Server listening on")) {
        resolve();
      }
    });
  });
}
