import { join } from "node:path";
import { baseRecipe, builtImageName } from "../../host/builtImages";
import {
  createCache,
  ensureArtifact,
  ensureRequirements,
  listRequirements,
  locateCache,
} from "../artifacts";
import { computeKey } from "../artifacts/contentKey";
import { withLock } from "../artifacts/lock";
import { type Progress, runRecipe } from "../artifacts/recipe";
import { execa } from "../execa";

/** How a build tells what goes on. */
export interface BuildReport {
  readonly note: (line: string) => void;
  readonly progress: (title: string, progress: Progress) => void;
}

/** An image to be made of what a recipe built. */
export interface Assembly {
  /** names the log and the lock */
  readonly service: string;
  readonly image: string;
  /** of everything that decides the image */
  readonly recipeKey: string;
  /** holds image.json and the files it names; written to while the image is made */
  readonly folder: string;
  /** what ensureBase returned */
  readonly baseFolder: string;
}

/** What recipes get in their environment on this machine. */
export const recipeEnvironment = () => ({ SUDO: process.getuid?.() === 0 ? "" : "sudo" });

const script = (root: string, name: string) => join(root, "images", name, "build.sh");
const assembleScript = (root: string) => join(root, "images", "assemble.sh");

/** Installs what the base, the assembly and these recipes need of this machine. */
export async function ensureImageRequirements(
  root: string,
  services: readonly string[],
  report: BuildReport,
): Promise<void> {
  const scripts = ["base", ...services].map((name) => script(root, name));
  const requirements = await Promise.all([...scripts, assembleScript(root)].map(listRequirements));
  await ensureRequirements(requirements.flat(), {
    onInstall: (packages) => report.note(`installing ${packages.join(" ")}`),
  });
}

/** @returns the folder of the base that every image stands on, which is built where it is not there */
export async function ensureBase(root: string, report: BuildReport): Promise<string> {
  return ensureArtifact({
    ...baseRecipe(root),
    build: { command: script(root, "base"), args: [], env: recipeEnvironment() },
    onProgress: (progress) => report.progress("base image", progress),
    onWait: report.note,
  });
}

/** Makes the image, and tries it. Its name is given last: it never names an image that does not run. */
export async function assembleImage(
  root: string,
  { service, image, recipeKey, folder, baseFolder }: Assembly,
  report: BuildReport,
): Promise<void> {
  const base = baseRecipe(root);
  const cache = locateCache();
  await createCache(cache);
  const announceWait = () => report.note(`another aistack process is assembling ${image}, waiting`);
  await withLock(join(cache.locks, `image-${service}-assemble.lock`), announceWait, () =>
    runRecipe({
      name: `image-${service}-assemble`,
      build: {
        command: assembleScript(root),
        args: [folder, builtImageName("base", base), image],
        env: {
          BASE_DIR: baseFolder,
          BASE_RECIPE_HASH: computeKey(base),
          RECIPE_HASH: recipeKey,
        },
      },
      logFile: join(cache.logs, `image-${service}-assemble.log`),
      onProgress: (progress) => report.progress(service, progress),
      signal: undefined,
    }),
  );
}

export async function hasImage(name: string): Promise<boolean> {
  const { exitCode } = await execa("docker", ["image", "inspect", name], {
    reject: false,
    stdout: "ignore",
  });
  return exitCode === 0;
}
