/**
 * Drops the keys whose value is undefined: under `exactOptionalPropertyTypes` an optional property
 * is absent or has a value, never `undefined`.
 */
export function definedOnly<T extends object>(
  value: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
