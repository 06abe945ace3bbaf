/** Enough of a text to recognise it. */
const MOST = 60;

/** A text of the user's within a message: on one line, and no longer than it takes to recognise it. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

/** The same without quotation marks, where the text is of an ordinary kind. */
export function plain(text: string): string {
  const short = shorten(text);
  return /\p{Cc}/u.test(short) ? JSON.stringify(short) : short;
}

function shorten(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST - 3)}...` : text;
}
