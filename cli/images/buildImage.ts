import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { baseRecipe, builtImageName, serviceRecipe } from "../../host/builtImages";
import {
  createCache,
  ensureArtifact,
  ensureRequirements,
  goToolchain,
  listRequirements,
  locateCache,
  type Progress,
} from "../artifacts";
import { computeKey } from "../artifacts/contentKey";
import { withLock } from "../artifacts/lock";
import { runRecipe } from "../artifacts/recipe";

/** How a build tells what goes on. */
export interface BuildReport {
  readonly note: (line: string) => void;
  readonly progress: (title: string, progress: Progress) => void;
}

/**
 * Builds a service's image from package registries: base, program, assembly, each kept by the hash
 * of its recipe. An image that the engine has already costs one question.
 * @returns the image's name
 */
export async function buildImage(
  root: string,
  service: string,
  report: BuildReport,
): Promise<string> {
  const recipe = serviceRecipe(root, service);
  const name = builtImageName(service, recipe);
  if (await hasImage(name)) return name;

  const base = baseRecipe(root);
  const baseScript = join(root, "images", "base", "build.sh");
  const serviceScript = join(root, "images", service, "build.sh");
  const assembleScript = join(root, "images", "assemble.sh");
  const requirements = await Promise.all(
    [baseScript, serviceScript, assembleScript].map(listRequirements),
  );
  await ensureRequirements(requirements.flat(), {
    onInstall: (packages) => report.note(`installing ${packages.join(" ")}`),
  });
  const environment = { SUDO: process.getuid?.() === 0 ? "" : "sudo" };
  const onWait = report.note;

  const baseFolder = await ensureArtifact({
    ...base,
    build: { command: baseScript, args: [], env: environment },
    onProgress: (progress) => report.progress("base image", progress),
    onWait,
  });
  // A toolchain of its own takes minutes where the host has none, so only what is written in Go gets one.
  const toolchain = existsSync(join(root, "images", service, "go.mod"))
    ? {
        GO: await goToolchain({
          onProgress: (progress) => report.progress("Go", progress),
          onWait,
        }),
      }
    : {};
  const serviceFolder = await ensureArtifact({
    ...recipe,
    build: {
      command: serviceScript,
      args: [],
      env: { ...environment, ...toolchain, BASE_DIR: baseFolder },
    },
    onProgress: (progress) => report.progress(service, progress),
    onWait,
  });

  const cache = locateCache();
  await createCache(cache);
  const announceWait = () => onWait(`another aistack process is assembling ${name}, waiting`);
  await withLock(join(cache.locks, `image-${service}-assemble.lock`), announceWait, () =>
    runRecipe({
      name: `image-${service}-assemble`,
      build: {
        command: assembleScript,
        args: [serviceFolder, builtImageName("base", base), name],
        env: {
          BASE_DIR: baseFolder,
          BASE_RECIPE_HASH: computeKey(base),
          RECIPE_HASH: computeKey(recipe),
        },
      },
      logFile: join(cache.logs, `image-${service}-assemble.log`),
      onProgress: (progress) => report.progress(service, progress),
      signal: undefined,
    }),
  );
  return name;
}

async function hasImage(name: string): Promise<boolean> {
  const { exitCode } = await execa("docker", ["image", "inspect", name], {
    reject: false,
    stdout: "ignore",
  });
  return exitCode === 0;
}
