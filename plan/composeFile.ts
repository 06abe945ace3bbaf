import type { ZodType } from "zod";
import { mergeComposeFiles } from "./composeMerge";
import {
  type ComposeFile,
  type ComposeProject,
  composeFileSchema,
  composeProjectSchema,
} from "./composeSchema";
import { ProblemList } from "./errors";
import { quote } from "./quote";
import { secretProblems } from "./secretProblems";
import { toProblems } from "./validation";
import { formatPath, isRecord, type Path, parseYaml, type YamlDocument } from "./yamlDocument";

/** A file as it was read from disk. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/**
 * Reads Compose files and merges them in order, as `docker compose -f a -f b` does.
 * @throws StackError with every problem of every file, each with file:line
 */
export function readComposeProject(sources: readonly SourceText[]): ComposeProject {
  const problems = new ProblemList();
  const documents = sources.map((source) => parseYaml(source.file, source.text));
  const files: ComposeFile[] = [];
  for (const document of documents) {
    problems.addAll(document.problems);
    if (document.value === undefined) continue;
    const parsed = composeFileSchema.safeParse(withoutExtensions(document.value));
    if (parsed.success) files.push(parsed.data);
    else {
      const placeOf = (path: Path) =>
        path.length === 0 ? document.locate(path) : `${document.locate(path)}: ${formatPath(path)}`;
      problems.addAll(toProblems(parsed.error, placeOf));
    }
  }
  problems.throwIfAny();

  const merged = parseMerged(composeProjectSchema, mergeComposeFiles(files), documents, problems);
  if (merged !== undefined) problems.addAll(contradictions(merged, documents));
  problems.throwIfAny();
  return merged as ComposeProject;
}

/** Top-level `x-…` keys belong to whoever wrote them (YAML anchors live there). */
function withoutExtensions(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")));
}

function parseMerged<Value>(
  schema: ZodType<Value>,
  merged: unknown,
  documents: readonly YamlDocument[],
  problems: ProblemList,
): Value | undefined {
  const parsed = schema.safeParse(merged);
  if (parsed.success) return parsed.data;
  const placeOf = (path: Path) => `${locateIn(documents, path)}: ${formatPath(path)}`;
  problems.addAll(toProblems(parsed.error, placeOf));
  return undefined;
}

function contradictions(project: ComposeProject, documents: readonly YamlDocument[]) {
  const problems = new ProblemList();
  const refer = (path: Path, kind: string, name: string, known: Record<string, unknown>) => {
    if (Object.hasOwn(known, name)) return;
    problems.add({
      what: `${kind} ${quote(name)} is not declared`,
      where: `${locateIn(documents, path)}: ${formatPath(path)}`,
      fix: `Declared: ${Object.keys(known).join(", ") || "none"}`,
    });
  };
  for (const [name, service] of Object.entries(project.services)) {
    const at = ["services", name] as const;
    for (const network of Object.keys(service.networks))
      refer([...at, "networks", network], "network", network, project.networks);
    for (const mount of service.volumes ?? [])
      refer([...at, "volumes"], "volume", mount.source, project.volumes);
    for (const other of Object.keys(service.depends_on ?? {}))
      refer([...at, "depends_on", other], "service", other, project.services);
    problems.addAll(secretProblems(name, service, (path) => locateIn(documents, path)));
    const ports = (service.ports ?? []).map((port) => port.target);
    if (!ports.includes(service["x-aistack"].endpoint)) {
      problems.add({
        what: `container port ${service["x-aistack"].endpoint} is not published`,
        where: `${locateIn(documents, [...at, "x-aistack", "endpoint"])}: ${formatPath([...at, "x-aistack", "endpoint"])}`,
        fix: `Published: ${ports.join(", ") || "none"}`,
      });
    }
  }
  return problems.problems;
}

/** The last file that says something at the path decided its value. */
function locateIn(documents: readonly YamlDocument[], path: Path): string {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = path.slice(0, depth);
    const document = documents.findLast((candidate) => has(candidate.value, parent));
    if (document !== undefined) return document.locate(parent);
  }
  return documents.at(-1)?.locate([]) ?? "compose";
}

function has(value: unknown, path: Path): boolean {
  let here = value;
  for (const part of path) {
    if (Array.isArray(here)) here = here[Number(part)];
    else if (isRecord(here) && Object.hasOwn(here, part)) here = here[part];
    else return false;
  }
  return here !== undefined;
}
