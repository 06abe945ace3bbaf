/** A TCP connection of the host, seen from its own side. */
export interface TcpConnection {
  readonly localPort: number;
  /** `192.168.1.5:4711` or `[fe80::1]:4711` */
  readonly peer: string;
}

const ESTABLISHED = "01";

/** The established connections of /proc/net/tcp or /proc/net/tcp6. */
export function parseEstablished(table: string): TcpConnection[] {
  return table.split("\n").flatMap((line) => {
    const [, local, remote, state] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED || local === undefined || remote === undefined) return [];
    const localPort = portOf(local);
    const address = addressOf(remote);
    if (localPort === undefined || address === undefined) return [];
    return [{ localPort, peer: `${address}:${portOf(remote)}` }];
  });
}

function portOf(endpoint: string): number | undefined {
  const port = /:([0-9A-F]{4})$/.exec(endpoint)?.[1];
  return port === undefined ? undefined : Number.parseInt(port, 16);
}

/** The kernel prints an address as words of 32 bits, each in the byte order of a little-endian CPU. */
function addressOf(endpoint: string): string | undefined {
  const words = /^((?:[0-9A-F]{8}){1,4}):/.exec(endpoint)?.[1]?.match(/.{8}/g);
  const bytes = words?.flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)),
  );
  if (bytes === undefined) return undefined;
  if (bytes.length === 4) return bytes.join(".");
  // An IPv4 peer of a socket that takes both kinds.
  if (words?.[0] === "00000000" && words[1] === "00000000" && words[2] === "FFFF0000")
    return bytes.slice(12).join(".");
  const groups: string[] = [];
  for (let index = 0; index < bytes.length; index += 2) {
    groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
  }
  return `[${groups.join(":")}]`;
}
