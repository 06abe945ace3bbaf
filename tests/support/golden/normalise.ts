import { builtImageNames } from "../../../host/builtImages";
import type { Workspace } from "../e2e/workspace";

/** A step of a preview without what differs from run to run. */
export interface PreviewStep {
  readonly operation: string;
  /** last type and name of the URN: `Container ollama` */
  readonly urn: string;
  readonly type: string;
  readonly parent?: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly dependencies: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
}

interface RawState {
  readonly type: string;
  readonly parent?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly dependencies?: readonly string[];
  readonly inputs?: Record<string, unknown>;
}

/** Reads `pulumi preview --json`; steps come sorted, since resources register in parallel. */
export function normalisePreview(output: string, workspace: Workspace): PreviewStep[] {
  const { steps } = JSON.parse(stable(output, workspace)) as {
    steps: { op: string; urn: string; newState: RawState }[];
  };
  return steps
    .map(({ op, urn, newState }) => ({
      operation: op,
      urn: shortUrn(urn),
      type: newState.type,
      ...(newState.parent === undefined ? {} : { parent: shortUrn(newState.parent) }),
      protect: newState.protect ?? false,
      retainOnDelete: newState.retainOnDelete ?? false,
      dependencies: (newState.dependencies ?? []).map(shortUrn).sort(),
      inputs: newState.inputs ?? {},
    }))
    .sort((one, other) => (one.urn < other.urn ? -1 : 1));
}

function stable(output: string, workspace: Workspace): string {
  const built = builtImageNames(workspace.root).ollama ?? "";
  return output
    .replaceAll(built, "IMAGE")
    .replaceAll(workspace.prefix, "PREFIX")
    .replaceAll(String(workspace.port), "11434")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, "NOW")
    .replaceAll(/sha256:[0-9a-f]{64}/g, "sha256:DIGEST")
    .replaceAll(/[0-9a-f]{16}(?= is missing)/g, "SPEC");
}

/** `urn:…$docker:index/container:Container::ollama` → `Container ollama` */
function shortUrn(urn: string): string {
  const [, , types = "", name] = urn.split("::");
  return `${types.split(/[$:]/).at(-1)} ${name}`;
}
