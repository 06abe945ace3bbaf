import type { ValueSource, VerbModel } from "./model";

/** A word of a shell; what is quoted holds no line end. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Patterns of a `case` in bash or zsh, each a quoted word. */
export function patterns(words: readonly string[]): string {
  return words.map(quote).join(" | ");
}

/** `images build --debug`, as the scripts put a verb and the word after it together. */
function afterVerb({ path }: VerbModel, words: readonly string[]): string[] {
  return words.map((word) => `${path} ${word}`);
}

/**
 * The branches of a `case` over `VERB WORD` that steps over a word before the one that is typed: values of options
 * are skipped, words that lead to a verb become part of it, others are counted. For bash and zsh alike.
 */
export function stepBranches(verbs: readonly VerbModel[], skipValue: string): string[] {
  const valued = verbs.flatMap((verb) => afterVerb(verb, requiredFlags(verb)));
  const first = verbs.filter(({ path }) => path !== "" && !path.includes(" "));
  const nested = verbs.filter(({ path }) => path.includes(" "));
  return [
    `      ${patterns(valued)}) ${skipValue} ;;`,
    `      ${patterns(first.map(({ path }) => ` ${path}`))}) verb=$word ;;`,
    `      ${patterns(nested.map(({ path }) => path))}) verb="$verb $word" ;;`,
    "      *' -'*) ;;",
    "      *) count=$((count + 1)) ;;",
  ];
}

function requiredFlags({ options }: VerbModel): string[] {
  return options
    .filter(({ value, optional }) => value !== undefined && !optional)
    .flatMap(({ flags }) => flags);
}

/**
 * The branches of a `case` over `VERB PREVIOUS:CURRENT` for values of options. Where the value may be left out,
 * another option may follow at once.
 */
export function valueBranches(
  verbs: readonly VerbModel[],
  write: (value: ValueSource) => string,
): string[] {
  return verbs.flatMap((verb) =>
    verb.options.flatMap(({ flags, value, optional }) => {
      if (value === undefined) return [];
      const rests = optional ? ["", "[!-]*"] : ["*"];
      const words = afterVerb(verb, flags).flatMap((word) =>
        rests.map((rest) => `${quote(`${word}:`)}${rest}`),
      );
      return [`    ${words.join(" | ")}) ${write(value)} ;;`];
    }),
  );
}

/** The branches of a `case` over `VERB:COUNT` for arguments. */
export function argumentBranches(
  verbs: readonly VerbModel[],
  write: (value: ValueSource) => string,
): string[] {
  return verbs.flatMap(({ path, values, repeats }) =>
    values.map((value, index) => {
      const any = repeats && index === values.length - 1;
      return `        ${quote(any ? `${path}:` : `${path}:${index}`)}${any ? "*" : ""}) ${write(value)} ;;`;
    }),
  );
}
