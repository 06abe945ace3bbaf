import {
  isCollection,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";
import type { Problem } from "./errors";

export type Path = readonly (string | number)[];

/** A YAML file that has been read, and where in it each value stands. */
export interface YamlDocument {
  /** plain data; undefined where the text is no YAML or not a mapping */
  readonly value: Record<string, unknown> | undefined;
  /** syntax errors, duplicate keys and the like, with file:line */
  readonly problems: readonly Problem[];
  /** `file:line` of the key at the path, or of the nearest parent that is in the file */
  locate(path: Path): string;
}

/** An alias may not blow a small file up into a large one ("billion laughs"). */
const MAX_ALIASES = 100;

/** Reads YAML 1.2 text whose root must be a mapping (an empty file is an empty mapping). Never throws. */
export function parseYaml(file: string, text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  const lineAt = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  const problems: Problem[] = document.errors.map((error) => ({
    what: `not valid YAML: ${firstLine(error.message)}`,
    where: lineAt(error.pos[0]),
  }));
  const locate = (path: Path) => lineAt(offsetOf(document.contents, path));
  if (problems.length > 0) return { value: undefined, problems, locate };

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    const what = `not valid YAML: ${firstLine(String((error as Error).message))}`;
    return { value: undefined, problems: [{ what, where: `${file}:1` }], locate };
  }
  value ??= {};
  if (!isRecord(value)) {
    const what = "the file must hold a mapping of keys to values";
    return { value: undefined, problems: [{ what, where: `${file}:1` }], locate };
  }
  return { value, problems, locate };
}

/** A plain object, as YAML and JSON mappings become; not an array, not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `a.b[2].c`, the way a configuration path is written in messages. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

function offsetOf(root: Node | null, path: Path): number {
  let node: unknown = root;
  let offset = 0;
  for (const part of path) {
    if (!isCollection(node)) break;
    const pair = node.items.find((item, index) =>
      isPair(item) ? isScalar(item.key) && String(item.key.value) === String(part) : index === part,
    );
    if (pair === undefined) break;
    const here: unknown = isPair(pair) ? pair.key : pair;
    if (isNode(here)) offset = here.range?.[0] ?? offset;
    node = isPair(pair) ? pair.value : pair;
  }
  return offset;
}
