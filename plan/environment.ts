/** `NAME=value`, as Docker keeps a container's environment, taken apart. */
export function splitVariable(line: string): [name: string, value: string] {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/** The value of a variable; undefined where it is not set. */
export function readVariable(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
}
