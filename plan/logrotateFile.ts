import { type Problem, StackError } from "./errors";
import { quote } from "./quote";

/** How one kind of log is rotated. */
export interface RotationSpec {
  /** absolute, literally: no pattern */
  readonly folder: string;
  /** files with this ending, `.log` */
  readonly ending: string;
  /** rotated files that are kept */
  readonly keep: number;
  /** age in days at which a rotated file goes, whatever the count */
  readonly maxAgeDays?: number;
  /** rotated before its day is over from this size on */
  readonly maxSizeMiB?: number;
  /** who rotates; undefined: whoever runs logrotate */
  readonly owner?: { readonly user: string; readonly group: string };
  /** shell commands that make the writer open the new file, once for all files */
  readonly reopen: readonly string[];
}

/**
 * The text of a file for /etc/logrotate.d: daily, compressed from the second day on, because the writer
 * may still be writing to the file that was just moved.
 * @param name of the file, for messages
 * @throws StackError with every value that cannot be written
 */
export function renderLogrotate(name: string, rotations: readonly RotationSpec[]): string {
  const problems = rotations.flatMap((rotation) =>
    faults(rotation).map((problem) => ({
      where: `${name}: ${quote(rotation.folder)}`,
      ...problem,
    })),
  );
  if (problems.length > 0) throw new StackError(problems);
  return rotations.map(renderRotation).join("\n");
}

function renderRotation(rotation: RotationSpec): string {
  const { owner } = rotation;
  const directives = [
    "daily",
    `rotate ${rotation.keep}`,
    ...(rotation.maxAgeDays === undefined ? [] : [`maxage ${rotation.maxAgeDays}`]),
    ...(rotation.maxSizeMiB === undefined ? [] : [`maxsize ${rotation.maxSizeMiB}M`]),
    "compress",
    "delaycompress",
    "missingok",
    "notifempty",
    // The folder belongs to the writer: root is not to act on what that puts there.
    ...(owner === undefined ? [] : [`su ${owner.user} ${owner.group}`]),
    // The writer makes the new file: of two that make it, one would fail.
    "nocreate",
    "sharedscripts",
    "postrotate",
    ...rotation.reopen.map((command) => `    ${command}`),
    "endscript",
  ];
  return [
    `${rotation.folder}/*${rotation.ending} {`,
    ...directives.map((directive) => `    ${directive}`),
    "}",
    "",
  ].join("\n");
}

function faults(rotation: RotationSpec): Problem[] {
  const found: Problem[] = [];
  if (!/^(?:\/[A-Za-z0-9._@+-]+)+$/.test(rotation.folder)) {
    found.push({
      what: "is no folder that logrotate reads literally",
      fix: "Use an absolute path of letters, digits and . _ @ + -",
    });
  }
  if (!/^\.[a-z0-9]+$/.test(rotation.ending)) {
    found.push({
      what: `${quote(rotation.ending)} is no ending of a file's name`,
      fix: "Write a dot and lower-case letters, such as .log",
    });
  }
  for (const [what, count] of [
    ["number of kept files", rotation.keep],
    ["greatest age", rotation.maxAgeDays],
    ["greatest size", rotation.maxSizeMiB],
  ] as const) {
    if (count !== undefined && !(Number.isSafeInteger(count) && count > 0)) {
      found.push({ what: `the ${what} is ${count}, which is no whole number of 1 or more` });
    }
  }
  for (const account of [rotation.owner?.user, rotation.owner?.group]) {
    if (account !== undefined && !/^[a-z_][a-z0-9_-]{0,31}$/.test(account)) {
      found.push({ what: `${quote(account)} is no name of a user or group` });
    }
  }
  for (const command of rotation.reopen) {
    if (/\p{Cc}/u.test(command) || /^\s*endscript\b/.test(command)) {
      found.push({
        what: `the command ${quote(command)} would end its script`,
        fix: "Write each command on one line of its own",
      });
    }
  }
  return found;
}
