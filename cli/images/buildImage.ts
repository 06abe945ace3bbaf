import { existsSync } from "node:fs";
import { join } from "node:path";
import { builtImageName, serviceRecipe } from "../../host/builtImages";
import { ensureArtifact, goToolchain } from "../artifacts";
import { computeKey } from "../artifacts/contentKey";
import {
  assembleImage,
  type BuildReport,
  ensureBase,
  ensureImageRequirements,
  hasImage,
  recipeEnvironment,
} from "./assembleImage";

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
  const image = builtImageName(service, recipe);
  if (await hasImage(image)) return image;

  await ensureImageRequirements(root, [service], report);
  const baseFolder = await ensureBase(root, report);
  const folder = await ensureArtifact({
    ...recipe,
    build: {
      command: join(root, "images", service, "build.sh"),
      args: [],
      env: {
        ...recipeEnvironment(),
        ...(await toolchain(root, service, report)),
        BASE_DIR: baseFolder,
      },
    },
    onProgress: (progress) => report.progress(service, progress),
    onWait: report.note,
  });
  const recipeKey = computeKey(recipe);
  await assembleImage(root, { service, image, recipeKey, folder, baseFolder }, report);
  return image;
}

/** A Go toolchain takes minutes where the host has none, so only what is written in Go gets one. */
async function toolchain(
  root: string,
  service: string,
  report: BuildReport,
): Promise<Record<string, string>> {
  if (!existsSync(join(root, "images", service, "go.mod"))) return {};
  const GO = await goToolchain({
    onProgress: (progress) => report.progress("Go", progress),
    onWait: report.note,
  });
  return { GO };
}
