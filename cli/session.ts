import { HostNotReadyError } from "../plan/errors";
import { engineEnvironment, ensureEngine, hasEngine } from "./engine";
import { pulumiEnvironment } from "./environment";

/**
 * The environment of an installed checkout; makes nothing ready that is not.
 * @throws HostNotReadyError where the engine has not been installed
 */
export async function installedEnvironment(root: string): Promise<Record<string, string>> {
  if (!(await hasEngine())) {
    throw new HostNotReadyError([
      { what: "the Pulumi engine is not installed", fix: "Run ./install.sh" },
    ]);
  }
  const engine = await ensureEngine({ log: () => {}, offline: true });
  return pulumiEnvironment(root, engineEnvironment(engine));
}
