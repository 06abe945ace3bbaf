import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { computeKey } from "../cli/artifacts/contentKey";

/** What decides the content of an image that is built here, in the form the artifact cache takes. */
export interface ImageRecipe {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly keyExtra: readonly string[];
}

/** The base image every other one stands on: a root file system of the host's own distribution. */
export function baseRecipe(root: string): ImageRecipe {
  return {
    name: "image-base",
    inputs: [join(root, "images", "base")],
    keyExtra: [process.arch, hostRelease()],
  };
}

/** The recipe of a service's image; a changed base makes it another image. */
export function serviceRecipe(root: string, service: string): ImageRecipe {
  return {
    name: `image-${service}`,
    inputs: [join(root, "images", service), join(root, "images", "assemble.sh")],
    keyExtra: [process.arch, computeKey(baseRecipe(root))],
  };
}

/**
 * Name of each service's image that is built here. The tag is the recipe's hash, so that a changed
 * recipe is a changed image, and a name that no registry answers for.
 */
export function builtImageNames(root: string): Record<string, string> {
  const services = readdirSync(join(root, "images"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "base")
    .map((entry) => entry.name)
    .filter((name) => existsSync(join(root, "images", name, "build.sh")));
  return Object.fromEntries(
    services.map((service) => [service, builtImageName(service, serviceRecipe(root, service))]),
  );
}

export function builtImageName(service: string, recipe: ImageRecipe): string {
  return `aistack.invalid/${service}:${computeKey(recipe)}`;
}

/** `debian-bookworm`: base images of another release are other images. */
function hostRelease(): string {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const value = (key: string) =>
    new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(release)?.[1] ?? "unknown";
  return `${value("ID")}-${value("VERSION_CODENAME")}`;
}
