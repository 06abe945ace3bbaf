import { describeSilence, queryHttp } from "../host/httpQuery";

/** Where the agent of this machine answers. */
export const AGENT_SOCKET = "/run/aistack/agent.sock";

const LIMIT_MS = 2000;
const MOST_BYTES = 1024 ** 2;

export type AgentAnswer =
  /** none runs */
  | { readonly state: "absent" }
  /** this user may not ask: only root and the agent's group may */
  | { readonly state: "forbidden" }
  | { readonly state: "silent"; readonly reason: string }
  /** an `AgentStatus` (plan/heartbeat.ts), where it is of this version */
  | { readonly state: "answers"; readonly status: unknown };

/**
 * Asks the agent of this machine for what it tells of itself and of the host. Never throws: that it is silent is an
 * answer, too.
 * @param socketPath its UNIX socket, `paths.socket` of its configuration
 */
export async function askAgent(socketPath = AGENT_SOCKET): Promise<AgentAnswer> {
  try {
    const { status, body } = await queryHttp("http://localhost/status", {
      socketPath,
      limitMs: LIMIT_MS,
      mostBytes: MOST_BYTES,
    });
    if (status !== 200) return { state: "silent", reason: `HTTP ${status}` };
    return { state: "answers", status: JSON.parse(body) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ECONNREFUSED") return { state: "absent" };
    if (code === "EACCES") return { state: "forbidden" };
    const reason = error instanceof SyntaxError ? "its answer is not JSON" : describeSilence(error);
    return { state: "silent", reason };
  }
}
