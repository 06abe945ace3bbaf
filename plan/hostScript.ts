/** What is to happen on a host, as POSIX shell. */
export interface HostScript {
  /** may run any number of times */
  readonly create: string;
  /** undoes it; absent: what was made stays */
  readonly delete?: string;
  /** exported to both */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * One text for `sh -s create` and `sh -s delete`, so that values travel by standard input alone: they
 * appear in no list of processes, and no SSH server has to accept them. Both parts run with `set -eu` and an
 * empty standard input. A shell parses the whole before it runs any of it: a connection that breaks on the
 * way leaves nothing half-done.
 * @throws Error (a bug) where a name is no variable's or a value cannot be one
 */
export function renderHostScript(script: HostScript): string {
  const variables = Object.entries(script.environment).map(([name, value]) => {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new Error(`${name} is no name of a variable`);
    if (value.includes("\0")) throw new Error(`the value of ${name} holds a NUL character`);
    return `export ${name}=${quoteForShell(value)}`;
  });
  return [
    "{",
    "set -eu",
    "umask 022",
    // Neither a command over SSH nor one by sudo can count on the administrator's folders.
    'export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"',
    ...variables,
    "case $1 in",
    "create)",
    script.create,
    ";;",
    "delete)",
    script.delete ?? ":",
    ";;",
    "esac",
    "} </dev/null",
    "",
  ].join("\n");
}

/** A text as one word of a shell, whatever it holds. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
