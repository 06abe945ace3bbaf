import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";

const KEY = "aistack:services";

/**
 * A stack file's text with other services. All of the text but their list stays as its author wrote it.
 * @param text a valid stack file
 */
export function setServices(text: string, services: readonly string[]): string {
  const list = `[${services.join(", ")}]`;
  const config = findPair(parseDocument(text).contents, "config");
  if (config === undefined || !isMap(config.value) || config.value.items.length === 0) {
    return appendConfig(text, config, list);
  }
  const existing = findPair(config.value, KEY);
  if (existing !== undefined) return replaceValue(text, existing, list);
  return config.value.flow === true
    ? insertAt(text, startOf(config.value.items[0]), `${KEY}: ${list}, `)
    : insertLine(text, config.value, list);
}

function findPair(node: unknown, key: string): Pair | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

/** A file without any configuration yet. */
function appendConfig(text: string, config: Pair | undefined, list: string): string {
  const line = `  ${KEY}: ${list}\n`;
  if (config !== undefined) {
    const end = lineEnd(text, startOf(config));
    // `config: {}` and `config:` alike.
    const head = text.slice(0, startOf(config));
    return `${head}config:\n${line}${text.slice(end)}`;
  }
  const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return `${before}config:\n${line}`;
}

function replaceValue(text: string, pair: Pair, list: string): string {
  const range = isNodeWithRange(pair.value) ? pair.value.range : undefined;
  const isEmpty = range === undefined || text.slice(range[0], range[1]).trim() === "";
  if (isEmpty) {
    const colon = text.indexOf(":", startOf(pair) + KEY.length);
    return `${text.slice(0, colon + 1)} ${list}${text.slice(colon + 1)}`;
  }
  // A block's value ends with its line; the line end is not part of it.
  const value = text.slice(range[0], range[1]).trimEnd();
  return text.slice(0, range[0]) + list + text.slice(range[0] + value.length);
}

/** After the profile, which it narrows or widens, else in front of all else. */
function insertLine(text: string, config: YAMLMap, list: string): string {
  const first = startOf(config.items[0]);
  const indent = text.slice(text.lastIndexOf("\n", first) + 1, first);
  const profile = findPair(config, "aistack:profile");
  const line = `${indent}${KEY}: ${list}\n`;
  if (profile === undefined) return insertAt(text, first - indent.length, line);
  const end = lineEnd(text, startOf(profile));
  return text[end - 1] === "\n" ? insertAt(text, end, line) : `${text}\n${line}`;
}

function insertAt(text: string, offset: number, insertion: string): string {
  return text.slice(0, offset) + insertion + text.slice(offset);
}

/** Where the line after the one at the offset begins. */
function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

function startOf(pair: Pair | undefined): number {
  return isNodeWithRange(pair?.key) ? pair.key.range[0] : 0;
}

function isNodeWithRange(node: unknown): node is { range: [number, number, number] } {
  return (
    typeof node === "object" && node !== null && Array.isArray((node as { range?: unknown }).range)
  );
}
