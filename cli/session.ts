import { execa } from "execa";
import { HostNotReadyError, StackError } from "../plan/errors";
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

/**
 * The stack that `pulumi stack select` chose.
 * @throws StackError where none is selected
 */
export async function selectedStack(
  root: string,
  environment: Record<string, string>,
): Promise<string> {
  const { stdout, exitCode } = await execa(
    "pulumi",
    ["stack", "--show-name", "--non-interactive"],
    {
      cwd: root,
      env: environment,
      reject: false,
    },
  );
  if (exitCode === 0 && stdout.trim() !== "") return stdout.trim();
  throw new StackError([
    {
      what: "no stack is selected",
      where: "--stack",
      fix: "Name one with --stack, or select it: pulumi stack select NAME",
    },
  ]);
}
