import { stripVTControlCharacters } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import type { OpMap } from "@pulumi/pulumi/automation/index";

/** What `aistack preview --json` prints: a contract with scripts, described in docs/cli.md. */
export interface PreviewReport {
  readonly stack: string;
  /** number of resources that `up` would change */
  readonly changes: number;
  /** number of resources by operation */
  readonly summary: Readonly<Record<string, number>>;
  /** the resources that would change, in the engine's order */
  readonly steps: readonly PreviewStep[];
  /** what differs on the host, and what else the program warns of */
  readonly warnings: readonly string[];
}

/** One resource and what would happen to it. */
export interface PreviewStep {
  /** its name in the program */
  readonly resource: string;
  /** as Pulumi names it: `docker:index/container:Container` */
  readonly type: string;
  /** Pulumi's word: `create`, `update`, `replace`, `delete` */
  readonly operation: string;
  /** the differing properties by name, sorted; empty for one that is new or goes */
  readonly properties: readonly string[];
}

/** Operations that change nothing. */
const UNCHANGING = ["same", "read", "refresh"];

/** Number of resources that an operation changes. */
export function countChanges(summary: Readonly<OpMap>): number {
  return Object.entries(summary)
    .filter(([operation]) => !UNCHANGING.includes(operation))
    .reduce((sum, [, count]) => sum + (count ?? 0), 0);
}

/** A preview as data, from the events and the summary of the engine. */
export function reportPreview(
  stack: string,
  events: readonly EngineEvent[],
  summary: Readonly<OpMap>,
): PreviewReport {
  return {
    stack,
    changes: countChanges(summary),
    summary: summary as Readonly<Record<string, number>>,
    steps: events.flatMap(stepsOf),
    warnings: events.flatMap(warningsOf),
  };
}

/** The halves of a replacement are told as events of their own; only the whole is logical. */
function stepsOf({ resourcePreEvent }: EngineEvent): PreviewStep[] {
  if (resourcePreEvent === undefined) return [];
  const { op, urn, type, logical, detailedDiff, diffs } = resourcePreEvent.metadata;
  if (logical !== true || UNCHANGING.includes(op)) return [];
  const properties = Object.keys(detailedDiff ?? {});
  return [
    {
      resource: urn.slice(urn.lastIndexOf("::") + 2),
      type,
      operation: op,
      properties: (properties.length > 0 ? properties : [...(diffs ?? [])]).sort(),
    },
  ];
}

function warningsOf({ diagnosticEvent }: EngineEvent): string[] {
  if (diagnosticEvent?.severity !== "warning" || diagnosticEvent.ephemeral === true) return [];
  return [plainText(diagnosticEvent.message)];
}

/** Without the engine's own marks for colours, `<{%fg 3%}>`, and those of terminals. */
function plainText(message: string): string {
  return stripVTControlCharacters(message.replaceAll(/<\{%.*?%\}>/g, "")).trim();
}
