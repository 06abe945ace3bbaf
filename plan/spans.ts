const STEPS: readonly [seconds: number, unit: string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
];

/** A span of time in its largest whole unit, for people: `3 d`, `12 m`, `5 s`. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const step = STEPS.find(([size]) => seconds >= size);
  return step === undefined ? `${seconds} s` : `${Math.floor(seconds / step[0])} ${step[1]}`;
}
