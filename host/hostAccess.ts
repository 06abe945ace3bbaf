import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { quoteForShell } from "../plan/hostScript";
import { inUrl } from "../plan/naming";
import type { HostConnection } from "../plan/settings";
import { findControlPath } from "./controlSocket";
import { readPrivateKey } from "./privateKey";
import { replaceFile } from "./replaceFile";

/** How a stack's host is reached, by whatever talks to it. */
export interface HostAccess {
  /** address of its Docker engine */
  readonly dockerHost: string;
  /** arguments of `ssh` without a command, the destination last; undefined for this machine */
  readonly ssh: readonly string[] | undefined;
  /** options of ssh for the Docker provider: the same for every user, since they are a part of its state */
  readonly sshOptions: readonly string[] | undefined;
  /** what the access was made of; absent for this machine */
  readonly declared?: DeclaredAccess;
}

/** From this, and the checkout, whoever runs it finds the access that is theirs. */
export interface DeclaredAccess {
  readonly stack: string;
  readonly host: HostConnection;
}

/** Seconds until a host that does not answer is given up. */
const CONNECT_SECONDS = 15;

/** One connection serves all that a preview or an update asks for, and ends this many seconds after the last. */
const KEEP_SECONDS = 30;

/** Where ssh finds how to reach the hosts, in the checkout. */
const SSH_FOLDER = ".state/ssh";

/**
 * How to reach the host of a stack. Over SSH, only with the declared host key: it is written into a file of known hosts
 * that holds nothing else, and neither the user's own files nor a question can add another.
 * @throws StackError where the private key cannot be used
 */
export function accessHost(
  root: string,
  stack: string,
  host: HostConnection | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): HostAccess {
  if (host === undefined) {
    // Empty is unset, as for the docker command.
    const dockerHost = environment.DOCKER_HOST || "unix:///var/run/docker.sock";
    return { dockerHost, ssh: undefined, sshOptions: undefined };
  }
  const config = writeSshConfig(root, stack, host, environment);
  return {
    dockerHost: `ssh://${host.user}@${inUrl(host.address)}:${host.port}`,
    ssh: ["-F", join(root, config), "-p", String(host.port), "--", `${host.user}@${host.address}`],
    // Plugins run in the checkout, as gates do.
    sshOptions: ["-F", config],
    declared: { stack, host },
  };
}

/** A shell command that runs `command` on the host: itself here, by ssh there. */
export function onHost(access: HostAccess, command: string): string {
  if (access.ssh === undefined) return command;
  return ["ssh", ...access.ssh, command].map(quoteForShell).join(" ");
}

/**
 * The variable by which commands that run here learn of the host; none where that is this machine. It holds what is
 * declared: paths would be others for another user or checkout, whose preview would show every command as changed.
 */
export function sshVariable({ declared }: HostAccess): Record<string, string> {
  return declared === undefined ? {} : { AISTACK_HOST: JSON.stringify(declared) };
}

/** How such a command reaches the host. It runs in the checkout. */
export function accessFromEnvironment(environment: NodeJS.ProcessEnv): HostAccess {
  const { AISTACK_HOST: text } = environment;
  const { stack, host }: Partial<DeclaredAccess> = text === undefined ? {} : JSON.parse(text);
  return accessHost(process.cwd(), stack ?? "", host, environment);
}

/** @returns the file's path within the checkout */
function writeSshConfig(
  root: string,
  stack: string,
  host: HostConnection,
  environment: NodeJS.ProcessEnv,
): string {
  const key =
    host.privateKeyFile === undefined
      ? undefined
      : readPrivateKey(root, host.privateKeyFile, environment);
  mkdirSync(join(root, SSH_FOLDER), { recursive: true, mode: 0o700 });
  const knownHosts = join(root, SSH_FOLDER, `${stack}.known_hosts`);
  const config = join(SSH_FOLDER, `${stack}.config`);
  write(knownHosts, knownHost(host));
  const control = findControlPath(host, environment);
  const settings = listSettings(host, { knownHosts, control, identity: key?.path });
  write(join(root, config), settings.map((line) => `${line}\n`).join(""));
  return config;
}

/**
 * Every gate comes by here: what is there already is not synced to the disk once more. Nothing of it is secret, and what
 * root has written its user must be able to read.
 */
function write(path: string, text: string): void {
  if (readIfPossible(path) !== text) replaceFile(path, text, 0o644);
}

/** Another user's, as sudo leaves one behind, cannot be read, but replaced. */
function readIfPossible(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

interface LocalPaths {
  readonly knownHosts: string;
  /** undefined: connections are not shared */
  readonly control: string | undefined;
  /** a private key; undefined: the SSH agent's keys */
  readonly identity: string | undefined;
}

/** Nothing of the user's own configuration: an alias or a proxy of theirs would be another host than the declared one. */
function listSettings(host: HostConnection, { knownHosts, control, identity }: LocalPaths) {
  return [
    "BatchMode yes",
    "StrictHostKeyChecking yes",
    `UserKnownHostsFile ${quotePath(knownHosts)}`,
    "GlobalKnownHostsFile /dev/null",
    // A server with several keys is to show the declared one.
    `HostKeyAlgorithms ${algorithmsOf(host.hostKey)}`,
    "UpdateHostKeys no",
    `ConnectTimeout ${CONNECT_SECONDS}`,
    "ServerAliveInterval 15",
    "ServerAliveCountMax 3",
    ...(identity === undefined
      ? []
      : ["IdentitiesOnly yes", `IdentityFile ${quotePath(identity)}`]),
    // Last, since all that follows belongs to it. Without its folder, as after a reboot or for another user, ssh would
    // refuse to connect, and a `pulumi destroy` does not run what makes the folder.
    ...(control === undefined
      ? []
      : [
          `Match exec "test -O '${dirname(control)}'"`,
          "ControlMaster auto",
          `ControlPath ${control}`,
          `ControlPersist ${KEEP_SECONDS}`,
        ]),
  ];
}

/** ssh splits at spaces, and takes a percent sign for one of its own variables. Source: ssh_config(5). */
function quotePath(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}

/** An RSA key signs by any of these; `ssh-rsa` itself means SHA-1, which servers refuse. */
function algorithmsOf(hostKey: string): string {
  const [type = ""] = hostKey.split(" ");
  return type === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : type;
}

/** A line of a file of known hosts. */
function knownHost({ address, port, hostKey }: HostConnection): string {
  const [type, key] = hostKey.split(" ");
  return `${port === 22 ? address : `[${address}]:${port}`} ${type} ${key}\n`;
}
