const STATUSES = ["passed", "failed", "skipped"];
const MOST_NAMES = 50;

/**
 * What is told at the end: what failed and what was skipped by name, a table, and the line that CI reads.
 * @returns {{ text: string, failed: boolean }}
 */
export function summarize(results, { listed, unlisted, needless }) {
  const failures = results
    .flatMap(({ tests }) => tests)
    .filter(({ status }) => status === "failed")
    .map(({ name }) => name);
  const rows = results.map(({ layer, tests, seconds }) => [
    layer,
    ...STATUSES.map((status) => String(count(tests, status))),
    `${seconds.toFixed(1)} s`,
  ]);
  const all = results.flatMap(({ tests }) => tests);
  const total = STATUSES.map((status) => `${count(all, status)} ${status}`).join(", ");
  const text = [
    "",
    ...section("Failed:", failures),
    ...section(
      "Skipped, as tests/skips.yaml allows:",
      listed.map(({ name, reason }) => `${name} (${reason})`),
    ),
    ...section("Skipped without an entry in tests/skips.yaml, which fails the run:", unlisted),
    ...section("In tests/skips.yaml, but not skipped: take it out of the list:", needless),
    ...table([["layer", ...STATUSES, "time"], ...rows]),
    "",
    total,
  ].join("\n");
  return { text, failed: failures.length > 0 };
}

function count(tests, wanted) {
  return tests.filter(({ status }) => status === wanted).length;
}

function section(title, lines) {
  if (lines.length === 0) return [];
  const more = lines.length - MOST_NAMES;
  return [
    title,
    ...lines.slice(0, MOST_NAMES).map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    "",
  ];
}

/** Names to the left, numbers to the right. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join("  "),
  );
}
