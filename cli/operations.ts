import type { OpMap, Stack } from "@pulumi/pulumi/automation";

/** How an operation's progress reaches the user. */
export interface OperationOptions {
  readonly root: string;
  readonly stack: string;
  /** the complete environment for the engine */
  readonly environment: Readonly<Record<string, string>>;
  readonly onOutput: (text: string) => void;
  readonly color: boolean;
}

/** What an operation did or would do. */
export interface OperationOutcome {
  /** number of resources that differ */
  readonly changes: number;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export async function preview(options: OperationOptions): Promise<OperationOutcome> {
  const stack = await selectStack(options);
  const { changeSummary } = await stack.preview({ ...reporting(options) });
  return { changes: countChanges(changeSummary), outputs: {} };
}

export async function up(options: OperationOptions): Promise<OperationOutcome> {
  const stack = await selectStack(options);
  const { summary, outputs } = await stack.up({ ...reporting(options), showSecrets: false });
  return {
    changes: countChanges(summary.resourceChanges ?? {}),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])),
  };
}

export async function destroy(options: OperationOptions): Promise<OperationOutcome> {
  const stack = await selectStack(options);
  const { summary } = await stack.destroy({ ...reporting(options), showSecrets: false });
  return { changes: countChanges(summary.resourceChanges ?? {}), outputs: {} };
}

async function selectStack({ root, stack, environment }: OperationOptions): Promise<Stack> {
  // Loaded here and not above: it costs half a second that commands without an operation need not pay.
  const { LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
  return LocalWorkspace.selectStack(
    { stackName: stack, workDir: root },
    { envVars: { ...environment } },
  );
}

function reporting({ onOutput, color }: OperationOptions) {
  return { onOutput, color: color ? ("always" as const) : ("never" as const) };
}

function countChanges(summary: OpMap): number {
  return Object.entries(summary)
    .filter(
      ([operation]) => operation !== "same" && operation !== "read" && operation !== "refresh",
    )
    .reduce((sum, [, count]) => sum + (count ?? 0), 0);
}
