import { type Check, failed, ok, warning } from "./doctorCheck";
import type { Problem } from "./errors";
import { formatBytes } from "./quantities";
import { formatSpan } from "./spans";
import { checkStack } from "./stackDoctor";
import type { StatusReport } from "./statusReport";

/** What was seen of host and checkout; undefined stands for what could not be looked at. */
export interface DoctorFacts {
  readonly nodeVersion: string;
  readonly nodeFloor: number;
  readonly pulumi: { readonly version: string; readonly installed: boolean };
  readonly docker: {
    /** undefined where it does not answer; `problem` tells why */
    readonly version: string | undefined;
    readonly problem: Problem | undefined;
    /** `major.minor` */
    readonly floor: string;
  };
  /** permission bits by what they are of; undefined where it is not there */
  readonly modes: { readonly folder: number | undefined; readonly passphrase: number | undefined };
  /** the installer's checks of the stack's host, where that is another machine */
  readonly host: readonly Check[];
  readonly locks: readonly LockFacts[];
  /** the stack that was looked at; undefined where none is created or selected */
  readonly stack: string | undefined;
  /** problems of the stack's choice or of its configuration */
  readonly configuration: readonly Problem[];
  /** why the stack's host could not be looked at; empty where it was, or where there is no stack */
  readonly unseen: readonly Problem[];
  /** what keeps an update from succeeding, the engine's own state left out */
  readonly problems: readonly Problem[];
  /** what is to be known before an update, and keeps none from succeeding */
  readonly warnings: readonly string[];
  readonly status: StatusReport | undefined;
  readonly disk: { readonly folder: string; readonly freeBytes: number } | undefined;
  readonly clock: {
    readonly now: Date;
    readonly lastUpdate: Date | undefined;
    /** undefined where nobody tells */
    readonly synchronized: boolean | undefined;
  };
  readonly agent: {
    /** whether the stack wants one on its host */
    readonly declared: boolean;
    /** `absent`: none runs; `forbidden`: this user may not ask it; `elsewhere`: the stack's host is another machine */
    readonly state: "absent" | "forbidden" | "answers" | "silent" | "elsewhere";
  };
}

/** A lock of Pulumi's file backend. */
export interface LockFacts {
  readonly stack: string;
  readonly pid: number;
  readonly host: string;
  readonly since: Date;
  /** whether its process lives; undefined on another host */
  readonly alive: boolean | undefined;
}

/** Below this an update may fail half-way. */
const DISK_FLOOR = 2 * 1024 ** 3;
const DISK_COMFORT = 10 * 1024 ** 3;

/** Judges what was seen, in the order in which one would look for a fault. */
export function diagnose(facts: DoctorFacts): Check[] {
  return [
    checkNode(facts),
    checkPulumi(facts),
    ...facts.unseen.map(checkUnseen),
    checkDocker(facts),
    ...checkRemoteHost(facts),
    ...facts.warnings.map((told) => warning("host", told, null)),
    ...checkState(facts),
    ...facts.locks.map((lock) => checkLock(lock, facts.clock.now)),
    checkClock(facts),
    checkDisk(facts),
    ...checkStack(facts),
    checkAgent(facts),
  ];
}

/** Those that have no check of their own here. The clock of the other machine is not the one that updates are made by. */
function checkRemoteHost({ host }: DoctorFacts): Check[] {
  const told = new Set(["docker", "disk", "ports"]);
  return host
    .filter(({ name }) => !told.has(name))
    .map((check) => (check.name === "clock" ? { ...check, name: "host clock" } : check));
}

function checkNode({ nodeVersion, nodeFloor }: DoctorFacts): Check {
  return Number.parseInt(nodeVersion, 10) >= nodeFloor
    ? ok("node", nodeVersion)
    : failed("node", `${nodeVersion} is too old; ${nodeFloor} is needed`, "Run ./install.sh");
}

function checkPulumi({ pulumi }: DoctorFacts): Check {
  return pulumi.installed
    ? ok("engine", `Pulumi ${pulumi.version}`)
    : failed("engine", `Pulumi ${pulumi.version} is not installed`, "Run ./install.sh");
}

function checkUnseen({ what, where, fix = "" }: Problem): Check {
  return failed("host", where === undefined ? what : `${where}: ${what}`, fix);
}

function checkDocker({ docker, unseen }: DoctorFacts): Check {
  const { version, problem, floor } = docker;
  if (unseen.length > 0)
    return warning("docker", "unknown: it is the host's", "Mend the check host first");
  if (version === undefined)
    return failed(
      "docker",
      problem?.what ?? "the engine does not answer",
      problem?.fix ?? "Look at it with: systemctl status docker",
    );
  return isAtLeast(version, floor)
    ? ok("docker", version)
    : failed("docker", `${version} is too old`, `Install Docker ${floor} or newer`);
}

/** Compares major and minor numbers. */
function isAtLeast(version: string, floor: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const [leastMajor = 0, leastMinor = 0] = floor.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function checkState({ modes, stack }: DoctorFacts): Check[] {
  const { folder, passphrase } = modes;
  if (folder === undefined) {
    const detail = "there is no .state folder: nothing is installed from this checkout yet";
    return [failed("state", detail, "Run ./install.sh")];
  }
  return [
    isPrivate(folder)
      ? ok("state", ".state is its owner's alone")
      : failed("state", `.state can be read by others (${octal(folder)})`, "chmod 700 .state"),
    checkPassphrase(passphrase, stack),
  ];
}

function checkPassphrase(mode: number | undefined, stack: string | undefined): Check {
  if (mode === undefined) {
    const fix =
      stack === undefined ? "Run ./install.sh" : "Restore .state/passphrase from your backup";
    return failed("passphrase", ".state/passphrase is not there", fix);
  }
  if (isPrivate(mode)) return ok("passphrase", "it is its owner's alone");
  const detail = `.state/passphrase can be read by others (${octal(mode)})`;
  return failed("passphrase", detail, "chmod 600 .state/passphrase");
}

function isPrivate(mode: number): boolean {
  return (mode & 0o077) === 0;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, "0");
}

function checkLock({ stack, pid, host, since, alive }: LockFacts, now: Date): Check {
  const age = formatSpan(now.getTime() - since.getTime());
  const held = `stack ${stack} is locked by process ${pid} on ${host} since ${age}`;
  if (alive === true) return warning("lock", held, "Wait until it has ended");
  if (alive === false)
    return failed(
      "lock",
      `${held}, which is dead`,
      `./aistack up --stack ${stack} releases it; or: pulumi cancel --yes ${stack}`,
    );
  const fix = `Make sure that no update runs on ${host}, then: pulumi cancel --yes ${stack}`;
  return warning("lock", held, fix);
}

function checkClock({ clock }: DoctorFacts): Check {
  const { now, lastUpdate, synchronized } = clock;
  const told = now.toISOString();
  if (lastUpdate !== undefined && now < lastUpdate) {
    const detail = `${told} is before the last update (${lastUpdate.toISOString()})`;
    return failed("clock", detail, "Set it, for example with: timedatectl set-ntp true");
  }
  if (synchronized === false)
    return warning("clock", `${told}, not synchronized`, "timedatectl set-ntp true");
  return ok("clock", synchronized === true ? `${told}, synchronized` : told);
}

function checkDisk({ disk, unseen }: DoctorFacts): Check {
  if (disk === undefined) {
    const fix = `Mend the check ${unseen.length > 0 ? "host" : "docker"} first`;
    return warning("disk", "unknown: only Docker tells where it keeps its data", fix);
  }
  const detail = `${formatBytes(disk.freeBytes)} free in ${disk.folder}`;
  const fix = "See what the engine holds with: docker system df";
  if (disk.freeBytes < DISK_FLOOR) return failed("disk", detail, fix);
  return disk.freeBytes < DISK_COMFORT ? warning("disk", detail, fix) : ok("disk", detail);
}

function checkAgent({ agent }: DoctorFacts): Check {
  const fix = "Look at it with: systemctl status aistack-agent";
  switch (agent.state) {
    case "elsewhere":
      return ok("agent", "is not asked: the stack's host is another machine");
    case "absent":
      return agent.declared
        ? failed("agent", "does not run, though the stack wants it", fix)
        : ok("agent", "does not run, and the stack wants none");
    case "forbidden":
      return ok("agent", "not asked: only root and the group aistack may");
    case "answers":
      return ok("agent", "answers on its socket");
    case "silent":
      return failed("agent", "does not answer on its socket", fix);
  }
}
