import { plain } from "./quote";

/** The way to a value within plain data. */
export type Path = readonly (string | number)[];

/** A plain object, as YAML and JSON mappings become; not an array, not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `a.b[2].c`, the way a configuration path is written in messages. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? plain(part) : `${text}.${plain(part)}`;
  }, "");
}
