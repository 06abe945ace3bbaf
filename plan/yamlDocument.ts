import {
  type Document,
  isCollection,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  visit,
} from "yaml";
import { isRecord, type Path } from "./dataPath";
import type { Problem } from "./errors";
import { foreign, plain } from "./quote";

export { formatPath, isRecord, type Path } from "./dataPath";

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
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: "1.2",
    merge: true,
    stringKeys: true,
    logLevel: "error",
  });
  const lineAt = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  const locate = (path: Path) => lineAt(offsetOf(document.contents, path));
  const refuse = (faults: readonly Fault[]): YamlDocument => ({
    value: undefined,
    problems: faults.map(({ what, offset, fix }) => ({
      what,
      where: lineAt(offset),
      ...(fix === undefined ? {} : { fix }),
    })),
    locate,
  });

  const syntaxFaults = faultsOfSyntax(document);
  if (syntaxFaults.length > 0) return refuse(syntaxFaults);
  let value: unknown;
  try {
    const faults = faultsOfNodes(document);
    if (faults.length > 0) return refuse(faults);
    value = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
  } catch (error) {
    return refuse([
      { what: `not valid YAML: ${foreign(String((error as Error).message))}`, offset: 0 },
    ]);
  }
  if (!isRecord(value))
    return refuse([{ what: "the file must hold a mapping of keys to values", offset: 0 }]);
  return { value, problems: [], locate };
}

interface Fault {
  readonly what: string;
  readonly offset: number;
  readonly fix?: string;
}

function faultsOfSyntax(document: Document.Parsed): Fault[] {
  const exhausted = document.errors.find((error) => error.code === "RESOURCE_EXHAUSTION");
  if (exhausted !== undefined)
    return [{ what: "not valid YAML: nested too deeply", offset: exhausted.pos[0] }];
  return document.errors.map((error) => ({
    what: `not valid YAML: ${foreign(error.message)}`,
    offset: error.pos[0],
  }));
}

const CORE_TAGS = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/** What is valid YAML, but would mean something else to Compose or to Pulumi, who read the same files. */
function faultsOfNodes(document: Document.Parsed): Fault[] {
  const faults: Fault[] = [];
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== "1.2")
    faults.push({ what: "only YAML 1.2 is read", offset: 0, fix: "Remove the %YAML directive" });
  visit(document, {
    Node: (key, node) => {
      const offset = node.range?.[0] ?? 0;
      if ("tag" in node && node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
        const what = `the tag ${plain(node.tag)} is not understood`;
        faults.push({ what, offset, fix: "Remove it" });
      } else if (isScalar(node) && key === "key" && node.value === "__proto__") {
        faults.push({ what: 'the key "__proto__" is not accepted', offset });
      } else if (isScalar(node) && key !== "key" && isAmbiguous(node)) {
        const what = `${plain(node.source ?? "")} is a number or date that not every YAML reader takes for the same`;
        faults.push({ what, offset, fix: "Write it plainly or put it in quotes" });
      }
    },
    Alias: (_key, node) => {
      if (node.resolve(document) !== undefined) return;
      const what = `not valid YAML: no anchor &${plain(node.source)} stands before this alias`;
      faults.push({ what, offset: node.range?.[0] ?? 0 });
    },
  });
  return faults;
}

/** As Go's YAML reader takes them, beyond the plain decimal: `0b11`, `1_000`, `+0x1f`. */
const GO_NUMBER = /^[-+]?(?:0b[01_]+|0o[0-7_]+|0x[\da-f_]+|\d[\d_]*(?:\.[\d_]*)?(?:e[-+]?\d+)?)$/i;
const GO_DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt ])/;

/** True for `0022` (octal to Go), `1_000`, `1e6`, a number beyond 15 digits, an unquoted date. */
function isAmbiguous({ type, source = "", tag, value }: Scalar): boolean {
  if (type !== Scalar.PLAIN) return false;
  if (typeof value === "string")
    return tag === undefined && (GO_NUMBER.test(source) || GO_DATE.test(source));
  if (typeof value !== "number" || /^-?(?:0|[1-9]\d{0,14})$/.test(source)) return false;
  return !/^-?(?:0|[1-9]\d{0,5})\.\d{1,9}$/.test(source) || (value !== 0 && Math.abs(value) < 1e-4);
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
