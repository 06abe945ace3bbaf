import { createHash } from "node:crypto";

/**
 * Names of Docker objects. With a prefix (empty means none), every name starts with `prefix-` in the place of
 * `aistack-`, so that several stacks can share an engine and each destroy touches only its own.
 */
export function physicalName(name: string, prefix: string): string {
  if (prefix === "") return name;
  const own = name.startsWith("aistack-") ? name.slice("aistack-".length) : name;
  return `${prefix}-${own}`;
}

/** A host as it stands in a URL: IPv6 addresses in brackets. */
export function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/**
 * Names of resources, unique among each other, from names that may hold what no resource's name does. Where two become the
 * same (`a:b` and `a-b`), the later one has a hash behind it, so that a name that was there before stays.
 */
export function resourceNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name.replaceAll(/[^a-zA-Z0-9._/-]+/g, "-");
    const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
    const unique = taken.has(plain) ? `${plain}-${hash}` : plain;
    taken.add(unique);
    return unique;
  });
}
