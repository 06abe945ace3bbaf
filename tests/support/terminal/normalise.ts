/**
 * A screen of the terminal UI without what differs from run to run, every column where it was: times of day,
 * spans, percentages, sizes in use, plots, the prefix of names, and the order of events within a second.
 */
export function normaliseScreen(screen: string, prefix: string): string {
  const lines = screen
    .replaceAll(/\d\d:\d\d:\d\d/g, "HH:MM:SS")
    .replaceAll(/[▁▂▃▄▅▆▇█]/g, " ")
    .replaceAll(/(healthy +)\d+ [smh] +\d+ % +[\d.]+ [KMG]iB( of 16\.0 GiB) */g, columns)
    // How much memory a model takes is Ollama's affair.
    .replaceAll(/loaded, [^│]*/g, (rest) => "loaded".padEnd(rest.length))
    .replaceAll(new RegExp(`${prefix}-`, "g"), "PREFIX-")
    .split("\n");
  const first = lines.findIndex((line) => line.startsWith("│ Events")) + 1;
  const last = lines.findLastIndex((line) => line.startsWith("╰"));
  const events = lines.slice(first, last).filter((line) => line.includes("HH:MM:SS"));
  return [...lines.slice(0, first), ...events.sort(), ...lines.slice(first + events.length)]
    .map((line) => line.trimEnd())
    .join("\n");
}

function columns(row: string, health: string, limit: string): string {
  return `${health}SPAN   PERCENT USED${limit}`.padEnd(row.length);
}
