import { stripVTControlCharacters, styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** True where a line on standard output can be written anew; a pipe, a file and a dumb terminal take plain lines. */
export function hasCursor(): boolean {
  return process.stdout.isTTY === true && process.env.TERM !== "dumb";
}

/** As it is now: a terminal can be resized. */
export function terminalColumns(): number {
  return process.stdout.columns ?? 80;
}

/** What `--json` prints: indented, so that people can read it, too. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** A text in a style where standard output is a terminal that shows it; NO_COLOR switches it off. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Rows in columns that are as wide as their widest cell, two blanks apart. Styles in cells take no width. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, width(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** A table with a heading. */
export function printTable(heading: readonly string[], rows: readonly (readonly string[])[]): void {
  for (const [index, line] of formatTable([heading, ...rows]).entries())
    print(index === 0 ? styled("bold", line) : line);
}

function width(text: string): number {
  return stripVTControlCharacters(text).length;
}
