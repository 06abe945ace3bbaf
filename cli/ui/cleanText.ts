import { stripVTControlCharacters } from "node:util";

/** A line of somebody else's without what would move the cursor or change colours; tabs as blanks. */
export function cleanText(line: string): string {
  return stripVTControlCharacters(line)
    .replaceAll("\t", "    ")
    .replaceAll(/\p{Cc}/gu, "");
}
