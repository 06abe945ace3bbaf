import { describeSilence, queryHttp } from "../../host/httpQuery";
import { OperationError } from "../../plan/errors";
import type { AgentStatus } from "../../plan/heartbeat";

const LIMIT_MS = 2000;
const MOST_BYTES = 1024 ** 2;

/**
 * What the agent of this machine tells of itself and of the host.
 * @param socket its UNIX socket, `paths.socket` of its configuration
 * @returns undefined where no agent runs
 * @throws OperationError where it does not answer, or this user may not ask it
 */
export async function askAgent(socket: string): Promise<AgentStatus | undefined> {
  try {
    const { status, body } = await queryHttp("http://localhost/status", {
      socketPath: socket,
      limitMs: LIMIT_MS,
      mostBytes: MOST_BYTES,
    });
    if (status === 200) return JSON.parse(body) as AgentStatus;
    throw new OperationError([{ what: `the agent answers with HTTP ${status}`, where: socket }]);
  } catch (error) {
    if (error instanceof OperationError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ECONNREFUSED") return undefined;
    const what =
      code === "EACCES"
        ? "this user may not ask the agent; its group may"
        : `the agent does not answer: ${describeSilence(error)}`;
    throw new OperationError([{ what, where: socket }]);
  }
}
