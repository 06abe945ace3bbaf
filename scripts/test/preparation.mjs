import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** What the host's packages and services bring: scripts/host/prepare.sh. */
const BY_HOST = ["docker", "lint", "tests"];

/** Besides, `bundles`: what is compiled into bin/, so that no copy of the checkout has to compile it for itself. */

/** What aistack's own code builds or fetches: scripts/tools.mjs, and where its answer goes. */
const BY_TOOLS = {
  engine: { tools: ["engine"], variables: [] },
  images: { tools: ["images"], variables: [] },
  plugins: {
    tools: ["docker-plugin", "command-plugin"],
    variables: ["AISTACK_DOCKER_PLUGIN", "AISTACK_COMMAND_PLUGIN"],
  },
};

/** Makes ready what layers need, each thing once. */
export class Preparation {
  /** Variables that tests find things by. @type {Record<string, string>} */
  environment = {};
  #root;
  #done = new Set();

  constructor(root) {
    this.#root = root;
  }

  /** @param {readonly string[]} needs @throws Error where something cannot be had */
  async ensure(needs) {
    for (const need of needs) {
      if (this.#done.has(need)) continue;
      if (BY_HOST.includes(need)) this.#prepare(need);
      else if (need === "bundles") this.#call("node", [join(this.#root, "scripts", "build.mjs")]);
      else this.#fetch(BY_TOOLS[need]);
      this.#done.add(need);
    }
  }

  #prepare(need) {
    this.#call("bash", [join(this.#root, "scripts", "host", "prepare.sh"), need]);
  }

  #fetch({ tools, variables }) {
    for (const [index, tool] of tools.entries()) {
      const variable = variables[index];
      // What the user has set is what the user wants to be tested.
      if (variable !== undefined && process.env[variable]) {
        this.environment[variable] = process.env[variable];
        continue;
      }
      const answer = this.#call("node", [join(this.#root, "scripts", "tools.mjs"), tool]);
      if (variable !== undefined) this.environment[variable] = answer;
    }
  }

  #call(command, args) {
    const { status, stdout, error } = spawnSync(command, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status === 0) return stdout.trim();
    throw new Error(
      `${args.join(" ")} failed: ${error?.message ?? `exit code ${status}`}\n${stdout ?? ""}`,
    );
  }
}
