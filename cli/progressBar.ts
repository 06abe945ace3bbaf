const WIDTH = 24;

/** `████░░░░  50 % text` @param share from 0 to 1 */
export function formatBar(share: number, text: string): string {
  const bounded = Math.max(0, Math.min(1, share));
  const filled = Math.round(bounded * WIDTH);
  const percent = `${Math.floor(bounded * 100)} %`;
  return `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${percent.padStart(5)} ${text}`;
}
