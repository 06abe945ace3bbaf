/** What `aistack` alone does: the terminal UI, or a status where there is no terminal for it. */
export const DEFAULT_VERB = "ui";

/** Options of the command itself, which need no verb. */
const OWN_OPTIONS = ["-h", "--help", "-V", "--version"];

/**
 * The words of the command line with their verb: options without one are those of the default verb, so that
 * `aistack --json` and `aistack --stack lab` mean what `aistack` means.
 */
export function completeWords(args: readonly string[]): string[] {
  const [first] = args;
  const isOption = first?.startsWith("-") === true && first !== "--";
  const named = first !== undefined && (!isOption || OWN_OPTIONS.includes(first));
  return named ? [...args] : [DEFAULT_VERB, ...args];
}

/**
 * Where options were typed before their verb: the same words, verb first.
 * @returns undefined where no option stands in front, or none of the words is a verb
 */
export function putVerbFirst(
  args: readonly string[],
  verbs: readonly string[],
): [verb: string, ...others: string[]] | undefined {
  if (args[0]?.startsWith("-") !== true) return undefined;
  const index = args.findIndex((arg) => verbs.includes(arg));
  const verb = args[index];
  return verb === undefined ? undefined : [verb, ...args.toSpliced(index, 1)];
}
