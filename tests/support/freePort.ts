import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux gives to connections, so that none takes one while its service is away for a moment. */
const [FIRST, LAST] = [20_000, 32_000];

/** So many test files may run at once without ever being given the same port. */
const LANES = 8;

/** A port of loopback that nothing listens on, and that no other test file is given. */
export async function freePort(): Promise<number> {
  const lane = Number(process.env.VITEST_POOL_ID ?? 0) % LANES;
  for (;;) {
    const port = FIRST + randomInt((LAST - FIRST) / LANES) * LANES + lane;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
  server.close();
  await once(server, "close");
  return true;
}
