import { existsSync } from "node:fs";
import { request } from "node:http";

/** Where the agent of this machine answers. */
export const AGENT_SOCKET = "/run/aistack/agent.sock";

const LIMIT_MS = 1_000;

export type AgentAnswer =
  | { readonly state: "absent" }
  | { readonly state: "silent" }
  | { readonly state: "answers"; readonly status: unknown };

/** Asks the agent for what it tells of itself and of the host. Never throws: that it is silent is an answer, too. */
export async function askAgent(socketPath = AGENT_SOCKET): Promise<AgentAnswer> {
  if (!existsSync(socketPath)) return { state: "absent" };
  try {
    return { state: "answers", status: JSON.parse(await get(socketPath)) };
  } catch {
    return { state: "silent" };
  }
}

function get(socketPath: string): Promise<string> {
  return new Promise((done, fail) => {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const asked = request({ socketPath, path: "/status", agent: false, signal }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => done(body));
      response.on("error", fail);
    });
    asked.on("error", fail);
    asked.end();
  });
}
