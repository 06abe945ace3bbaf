import type { Problem } from "./errors";
import { foreign } from "./quote";
import type { HostConnection } from "./settings";

/** What `ssh` says, what that means, and how to mend it. Source: OpenSSH's sshconnect.c, sshconnect2.c
 * and, of a connection that breaks, clientloop.c and packet.c. */
const FAILURES: readonly {
  readonly said: RegExp;
  readonly explain: (host: HostConnection, said: string) => Problem;
}[] = [
  {
    said: /Host key verification failed|HOST IDENTIFICATION HAS CHANGED|no matching host key type/,
    explain: ({ address, port, hostKey }) => ({
      what: `the key that ${address}, port ${port} shows is not the declared one, so nothing was sent to it`,
      where: "aistack:host.hostKey",
      fix:
        "Ask the host itself, not the network, for its key: " +
        `cat /etc/ssh/ssh_host_${fileOf(hostKey)}_key.pub. Correct the declared one only if the two differ for a reason that you know`,
    }),
  },
  {
    said: /Permission denied|Too many authentication failures/,
    explain: ({ address, user, privateKeyFile }) => ({
      what: `${address} does not let user ${user} in with ${privateKeyFile ?? "the SSH agent's keys"}`,
      where: "aistack:host",
      fix: `Add the public key to ~${user}/.ssh/authorized_keys there, or correct user and privateKeyFile`,
    }),
  },
  {
    said: /Connection refused|[Tt]imed out|No route to host|Could not resolve hostname|Network is unreachable|Connection (?:reset|closed)|Timeout, server \S+ not responding|Broken pipe/,
    explain: ({ address, port }, said) => ({
      what: `${address}, port ${port} cannot be reached: ${said}`,
      where: "aistack:host.address",
      fix: "See that the host is up and its SSH server runs, and that address and port are right",
    }),
  },
];

/** With 255 ssh itself gives up, with 127 a shell that has no ssh. Source: ssh(1), POSIX. */
const UNUSABLE = [127, 255];

/**
 * Why a host could not be looked at over SSH, from what ssh printed.
 * @param exitCode of the command that ran ssh; absent: not known
 * @returns undefined where the failure is none of the connection's
 */
export function explainSshFailure(
  host: HostConnection,
  output: string,
  exitCode?: number,
): Problem | undefined {
  for (const { said, explain } of FAILURES) {
    const line = output.split("\n").find((candidate) => said.test(candidate));
    if (line !== undefined) return explain(host, foreign(line.trim()));
  }
  if (exitCode === undefined || !UNUSABLE.includes(exitCode)) return undefined;
  const last = output.trimEnd().split("\n").at(-1)?.trim() || `exit code ${exitCode}`;
  return {
    what: `ssh could not be used: ${foreign(last)}`,
    where: "aistack:host",
    fix: `Mend what this tells: ${commandByHand(host)}`,
  };
}

/** What people type to see for themselves. */
function commandByHand({ address, user, port, privateKeyFile }: HostConnection): string {
  const identity = privateKeyFile === undefined ? [] : ["-i", privateKeyFile];
  return ["ssh", "-v", ...identity, "-p", port, `${user}@${address}`, "true"].join(" ");
}

/** `ssh-ed25519` → `ed25519`, as OpenSSH names the files of a server's keys. */
function fileOf(hostKey: string): string {
  const [type = ""] = hostKey.split(" ");
  if (type.startsWith("ecdsa")) return "ecdsa";
  return type.replace(/^ssh-/, "");
}
