import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileSha256 } from "../cli/models/hashCache";
import type { Problem } from "../plan/errors";

/** Where the build puts the agent, relative to the checkout. */
const EXECUTABLE = "bin/aistack-agent";

/** The agent as it was built on this machine. It is hashed only once as long as it does not change. */
export async function agentExecutable(root: string): Promise<{
  readonly executable: { readonly source: string; readonly sha256: string } | undefined;
  readonly problems: readonly Problem[];
}> {
  const source = join(root, EXECUTABLE);
  if (!existsSync(source)) {
    const what = `the agent was not built: ${EXECUTABLE} is not there`;
    return {
      executable: undefined,
      problems: [{ what, where: "aistack:agent, aistack:idle", fix: "Build it with: make build" }],
    };
  }
  return {
    executable: { source, sha256: await fileSha256(source, join(root, ".state")) },
    problems: [],
  };
}
