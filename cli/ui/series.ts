/** A list with an item more, of which the oldest are left out beyond `most`. */
export function appendTo<Item>(list: readonly Item[], item: Item, most: number): Item[] {
  return [...list, item].slice(-most);
}

/** The same for measurements, of which only numbers from 0 upwards count. */
export function appendValue(list: readonly number[], value: number, most: number): number[] {
  return appendTo(list, Number.isFinite(value) && value > 0 ? value : 0, most);
}

const LEVELS = "▁▂▃▄▅▆▇█";

/**
 * A plot of one line: the newest value stands to the right, blanks where there is none yet.
 * @param full the value that fills a whole character
 */
export function plot(values: readonly number[], width: number, full: number): string {
  const shown = width <= 0 ? [] : values.slice(-width);
  const bars = shown.map((value) => {
    const level = Math.floor((Math.min(value, full) / full) * LEVELS.length);
    return LEVELS[Math.min(level, LEVELS.length - 1)];
  });
  return bars.join("").padStart(Math.max(0, width));
}
