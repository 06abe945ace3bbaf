import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { HANGUP_IGNORED } from "../../host/hangup";
import { HostNotReadyError } from "../../plan/errors";
import { execa } from "../execa";

/** Something a recipe needs on the host, and the package that brings it. */
export interface Requirement {
  readonly kind: "command" | "file";
  readonly target: string;
  readonly package: string;
}

const LINE = /^(command|file):(\S+) package:(\S+)$/;

/** Reads what a recipe's `--requirements` prints: `command:X package:Y` or `file:/path package:Y`. */
export function parseRequirements(lines: readonly string[]): Requirement[] {
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const [, kind, target, name] = LINE.exec(line) ?? [];
      if ((kind !== "command" && kind !== "file") || target === undefined || name === undefined) {
        throw new Error(`not a requirement: "${line}"`);
      }
      return { kind, target, package: name };
    });
}

/** Finds a command as a shell would; undefined when the PATH has none. */
export function findCommand(name: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The packages that are missing here, each once, in the order of the requirements. */
export function listMissingPackages(requirements: readonly Requirement[]): string[] {
  const missing = requirements.filter(({ kind, target }) =>
    kind === "command" ? findCommand(target) === undefined : !existsSync(target),
  );
  return [...new Set(missing.map((requirement) => requirement.package))];
}

/** How packages are installed. */
export interface RequirementOptions {
  /** Whether to go through sudo; default: when this is not root. */
  readonly sudo?: boolean;
  /** Told what is about to be installed. */
  readonly onInstall?: (packages: readonly string[]) => void;
  /** Where apt keeps the mirror's lists of packages. */
  readonly aptLists?: string;
}

/**
 * Installs the packages that a recipe needs and the host lacks.
 * @throws HostNotReadyError when they cannot be installed, or when something is still missing afterwards
 */
export async function ensureRequirements(
  lines: readonly string[],
  options: RequirementOptions = {},
): Promise<void> {
  const requirements = parseRequirements(lines);
  const packages = listMissingPackages(requirements);
  if (packages.length === 0) return;

  if (findCommand("apt-get") === undefined)
    throw notInstallable(packages, "there is no apt-get here");
  options.onInstall?.(packages);
  const apt = createApt(options.sudo ?? process.getuid?.() !== 0);
  if (!hasPackageLists(options.aptLists ?? "/var/lib/apt/lists")) await apt(["update"]);
  let outcome = await apt(["install", "--yes", "--no-install-recommends", ...packages]);
  if (outcome.failed) {
    // Lists that are out of date name packages which the mirror no longer has.
    await apt(["update"]);
    outcome = await apt(["install", "--yes", "--no-install-recommends", ...packages]);
  }
  if (outcome.failed) throw notInstallable(packages, lastLine(outcome.output));

  const still = listMissingPackages(requirements);
  if (still.length > 0) {
    throw notInstallable(still, "apt-get installed them, but what they should bring is not there");
  }
}

/** What a shell ignores, the command that takes its place ignores, too. */
const IGNORING_HUP = ["sh", "-c", `trap '' HUP; exec "$@"`, "sh"];

type Apt = (args: readonly string[]) => Promise<{ failed: boolean; output: string }>;

function createApt(sudo: boolean): Apt {
  const prefix = [...(HANGUP_IGNORED ? IGNORING_HUP : []), ...(sudo ? ["sudo"] : [])];
  return async (args) => {
    const [command = "env", ...rest] = [
      ...prefix,
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "-o",
      "DPkg::Lock::Timeout=300",
      "-qq",
      ...args,
    ];
    // Standard input and the session stay the terminal's: sudo may ask for a password.
    const result = await execa(command, rest, {
      stdin: "inherit",
      detached: false,
      all: true,
      reject: false,
    });
    return { failed: result.failed, output: result.all ?? "" };
  };
}

function hasPackageLists(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((file) => file.includes("_Packages"));
}

function lastLine(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return lines.findLast((line) => line.startsWith("E: ")) ?? lines.at(-1) ?? "apt-get failed";
}

function notInstallable(packages: readonly string[], why: string): HostNotReadyError {
  const list = packages.join(" ");
  return new HostNotReadyError([
    { what: `cannot install ${list}: ${why}`, fix: `Install by hand: ${list}` },
  ]);
}
