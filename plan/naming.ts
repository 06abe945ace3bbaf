/**
 * Names of Docker objects. With a prefix (empty means none), every name starts with `prefix-` in the place of
 * `aistack-`, so that several stacks can share an engine and each destroy touches only its own.
 */
export function physicalName(name: string, prefix: string): string {
  if (prefix === "") return name;
  const own = name.startsWith("aistack-") ? name.slice("aistack-".length) : name;
  return `${prefix}-${own}`;
}
