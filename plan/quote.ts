/** Enough of a text to recognise it. */
const MOST = 60;

/** What a terminal would act upon instead of showing it: control characters, line ends, changes of direction. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text of the user's within a message: on one line, and no longer than it takes to recognise it. */
export function quote(text: string): string {
  return escapeUnshowable(JSON.stringify(shorten(text)));
}

/** The same without quotation marks, where the text is of an ordinary kind. */
export function plain(text: string): string {
  const short = shorten(text);
  return short.search(UNSHOWABLE) < 0 ? short : quote(text);
}

/** The first line of what another library or machine says, which may quote the user's text in full. */
export function foreign(message: string, most = 200): string {
  return escapeUnshowable(shorten(message.split("\n", 1)[0] ?? "", most));
}

function escapeUnshowable(text: string): string {
  return text.replaceAll(
    UNSHOWABLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

function shorten(text: string, most = MOST): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}
