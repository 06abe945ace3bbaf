import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { locateCache } from "../cli/artifacts/cache";
import { quoteForShell } from "../plan/hostScript";
import { inUrl } from "../plan/naming";
import type { HostConnection } from "../plan/settings";
import { privateKeyPath } from "./privateKey";

/** How a stack's host is reached, by whatever talks to it. */
export interface HostAccess {
  /** address of its Docker engine */
  readonly dockerHost: string;
  /** arguments of `ssh` without a command, the destination last; undefined for this machine */
  readonly ssh: readonly string[] | undefined;
  /** those of them that are options, for the Docker provider */
  readonly sshOptions: readonly string[] | undefined;
  /** what was declared of a host over SSH, by which its failures are explained */
  readonly connection?: HostConnection;
}

/** Seconds until a host that does not answer is given up. */
const CONNECT_SECONDS = 15;

/** One connection serves all that a preview or an update asks for, and ends this many seconds after the last. */
const KEEP_SECONDS = 30;

/**
 * How to reach the host of a stack. Over SSH, only with the declared host key: it is written into a file of known hosts
 * that holds nothing else, and neither the user's own files nor a question can add another.
 */
export function accessHost(
  root: string,
  stack: string,
  host: HostConnection | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): HostAccess {
  if (host === undefined) {
    const dockerHost = environment.DOCKER_HOST ?? "unix:///var/run/docker.sock";
    return { dockerHost, ssh: undefined, sshOptions: undefined };
  }
  const sshOptions = listOptions(host, writeKnownHosts(root, stack, host));
  return {
    dockerHost: `ssh://${host.user}@${inUrl(host.address)}:${host.port}`,
    ssh: [...sshOptions, "-p", String(host.port), "--", `${host.user}@${host.address}`],
    sshOptions,
    connection: host,
  };
}

/** A shell command that runs `command` on the host: itself here, by ssh there. */
export function onHost(access: HostAccess, command: string): string {
  if (access.ssh === undefined) return command;
  return ["ssh", ...access.ssh, command].map(quoteForShell).join(" ");
}

/** The variable by which commands that run here learn how to reach the host; none where that is this machine. */
export function sshVariable(access: HostAccess): Record<string, string> {
  return access.ssh === undefined ? {} : { AISTACK_SSH: JSON.stringify(access.ssh) };
}

/** The same, read back. */
export function sshFromEnvironment(environment: NodeJS.ProcessEnv): readonly string[] | undefined {
  const { AISTACK_SSH: text } = environment;
  return text === undefined ? undefined : (JSON.parse(text) as string[]);
}

function listOptions(host: HostConnection, knownHosts: string): string[] {
  const settings = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${knownHosts}`,
    "GlobalKnownHostsFile=/dev/null",
    // A server with several keys is to show the declared one.
    `HostKeyAlgorithms=${algorithmsOf(host.hostKey)}`,
    "UpdateHostKeys=no",
    `ConnectTimeout=${CONNECT_SECONDS}`,
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    "ControlMaster=auto",
    `ControlPath=${controlPath(host.hostKey)}`,
    `ControlPersist=${KEEP_SECONDS}`,
    ...(host.privateKeyFile === undefined ? [] : ["IdentitiesOnly=yes"]),
  ];
  const identity =
    host.privateKeyFile === undefined ? [] : ["-i", privateKeyPath(host.privateKeyFile)];
  // Nothing of the user's own configuration: an alias or a proxy of theirs would be another host than the declared one.
  return ["-F", "/dev/null", ...settings.flatMap((setting) => ["-o", setting]), ...identity];
}

/** An RSA key signs by any of these; `ssh-rsa` itself means SHA-1, which servers refuse. */
function algorithmsOf(hostKey: string): string {
  const [type = ""] = hostKey.split(" ");
  return type === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : type;
}

/**
 * A socket's path must be short, and its folder the user's own. `%C` is a hash of user, host and port; the key is in the
 * name too, so that a connection that was made under another key is never taken for this one.
 */
function controlPath(hostKey: string): string {
  const folder = join(locateCache().root, "ssh");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = createHash("sha256").update(hostKey).digest("hex").slice(0, 8);
  return join(folder, `${key}-%C`);
}

function writeKnownHosts(root: string, stack: string, host: HostConnection): string {
  const folder = join(root, ".state", "ssh");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${stack}.known_hosts`);
  const [type, key] = host.hostKey.split(" ");
  const name = host.port === 22 ? host.address : `[${host.address}]:${host.port}`;
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${name} ${type} ${key}\n`, { mode: 0o600 });
  renameSync(temporary, file);
  return file;
}
