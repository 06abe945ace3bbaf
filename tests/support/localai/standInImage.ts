import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { locateCache } from "../../../cli/artifacts";
import { computeKey } from "../../../cli/artifacts/contentKey";
import {
  assembleImage,
  type BuildReport,
  ensureBase,
  ensureImageRequirements,
  hasImage,
} from "../../../cli/images/assembleImage";
import { baseRecipe } from "../../../host/builtImages";
import { STAND_IN_FOLDER } from "./standInLocalai";

const NAME = "localai-stand-in";
const FOLDER = `/opt/${NAME}`;

/** As LocalAI's own image: it runs as root, listens on 8080 and takes its settings by environment. */
const IMAGE = {
  files: { [FOLDER]: "server" },
  env: {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    PYTHONDONTWRITEBYTECODE: "1",
  },
  entrypoint: ["python3", FOLDER],
  cmd: [],
  exposed: ["8080/tcp"],
  labels: {
    "org.opencontainers.image.title": NAME,
    // No real image has it: what stands in for something is never taken for it.
    "dev.aistack.stand-in": "LocalAI",
  },
  verify: ["--help"],
};

const SILENT: BuildReport = { note: () => undefined, progress: () => undefined };

/**
 * Makes the image of the stand-in for LocalAI, in seconds where the base image is there. It is no recipe of images/, so
 * no stack takes it by itself: a test names it, by `aistack:images: {overrides: {localai: …}}`.
 * @param root the checkout whose base image and assembly are used
 * @returns the image's name, `aistack.invalid/localai-stand-in:<hash>`
 */
export async function buildLocalaiStandIn(root: string, report = SILENT): Promise<string> {
  const recipeKey = computeKey({
    name: NAME,
    inputs: [STAND_IN_FOLDER, join(root, "images", "assemble.sh")],
    keyExtra: [process.arch, computeKey(baseRecipe(root)), JSON.stringify(IMAGE)],
    exclude: isBytecode,
  });
  const image = `aistack.invalid/${NAME}:${recipeKey}`;
  if (await hasImage(image)) return image;

  await ensureImageRequirements(root, [], report);
  const baseFolder = await ensureBase(root, report);
  const { artifacts } = locateCache();
  const folder = mkdtempSync(join(artifacts, `.${NAME}-`));
  try {
    mkdirSync(join(folder, "server"));
    cpSync(STAND_IN_FOLDER, join(folder, "server"), {
      recursive: true,
      filter: (source) => !isBytecode(source),
    });
    writeFileSync(join(folder, "image.json"), JSON.stringify(IMAGE));
    await assembleImage(root, { service: NAME, image, recipeKey, folder, baseFolder }, report);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return image;
}

const isBytecode = (path: string) => path.includes("__pycache__");
