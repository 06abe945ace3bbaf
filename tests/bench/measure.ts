/** One line of the table. */
export interface Comparison {
  readonly name: string;
  readonly value: number;
  /** default: seconds */
  readonly unit?: string;
  readonly rival: string;
  readonly reference: number | undefined;
  readonly target: string;
  readonly met: boolean;
}

/** Wall-clock seconds of an operation. */
export async function measure(operate: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await operate();
  return (performance.now() - started) / 1000;
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [
    sorted[sorted.length % 2 === 0 ? middle - 1 : middle],
    sorted[middle],
  ];
  return (low + high) / 2;
}

export function printTable(rows: readonly Comparison[]): string {
  const cells = rows.map((row) => [
    row.name,
    `${row.value.toFixed(2)} ${row.unit ?? "s"}`,
    row.reference === undefined
      ? ""
      : `${row.reference.toFixed(2)} ${row.unit ?? "s"} (${row.rival})`,
    row.target,
    row.met ? "met" : "MISSED",
  ]);
  const head = ["median", "aistack", "beside", "target", ""];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((cell) => cell[column]?.length ?? 0)),
  );
  return [head, ...cells]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
