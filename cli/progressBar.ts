const WIDEST = 24;

/**
 * `████░░░░  50 % text`, on one line of a terminal: on a narrow one the bar is shorter, and the text cut.
 * @param share from 0 to 1
 * @param columns that may be filled
 */
export function formatBar(share: number, text: string, columns: number): string {
  const bounded = Math.max(0, Math.min(1, share));
  const width = Math.min(WIDEST, Math.max(0, Math.floor(columns / 3)));
  const filled = Math.round(bounded * width);
  const percent = `${Math.floor(bounded * 100)} %`;
  const line = `${"█".repeat(filled)}${"░".repeat(width - filled)} ${percent.padStart(5)} ${text}`;
  return line.length > columns ? `${line.slice(0, Math.max(0, columns - 1))}…` : line;
}
