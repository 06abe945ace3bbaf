import { readStackRecord } from "../host/stackRecord";
import { OperationError } from "../plan/errors";
import { execa } from "./execa";
import type { OperationOptions } from "./operations";

/**
 * Makes Pulumi forget creations that an earlier update was killed in: what they had made is gone or taken over once an
 * update has succeeded, but the engine goes on warning of them until somebody clears them by hand. Secrets stay
 * encrypted on the way.
 */
export async function forgetPendingCreations({
  root,
  stack,
  environment,
}: Pick<OperationOptions, "root" | "stack" | "environment">): Promise<void> {
  if ((readStackRecord(root, stack)?.interrupted.length ?? 0) === 0) return;
  const pulumi = async (verb: "export" | "import", input: string) => {
    const args = ["stack", verb, "--stack", stack, "--non-interactive"];
    const ran = await execa("pulumi", args, {
      cwd: root,
      env: { ...environment },
      input,
      reject: false,
    });
    if (ran.exitCode === 0) return ran.stdout;
    const what = `the update succeeded, but the creations that an earlier one was killed in stay noted as pending: pulumi stack ${verb}: ${ran.stderr.trim()}`;
    throw new OperationError([
      { what, fix: "Clear them with: pulumi refresh --clear-pending-creates" },
    ]);
  };
  await pulumi("import", await pulumi("export", ""));
}
