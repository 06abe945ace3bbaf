import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** How the names of what the tests make begin; nothing else is ever touched. */
const TEST_NAME = /^t[0-9a-f]{6}-/;

const KINDS = [
  {
    kind: "container",
    list: ["ps", "--all", "--format", "{{.Names}}"],
    remove: ["rm", "--force", "--volumes"],
  },
  {
    kind: "network",
    list: ["network", "ls", "--format", "{{.Name}}"],
    remove: ["network", "rm"],
  },
  {
    kind: "volume",
    list: ["volume", "ls", "--format", "{{.Name}}"],
    remove: ["volume", "rm"],
  },
];

/**
 * Removes what killed runs left in the engine, unless another run is alive that may own it.
 * @param {string} proc where the kernel tells of processes
 */
export function sweepLeftovers(proc = "/proc") {
  if (isAnotherRunAlive(proc)) {
    console.log("Another test run is alive: leftovers stay.");
    return;
  }
  for (const { kind, list, remove } of KINDS) {
    const names = docker(list)
      .split("\n")
      .filter((name) => TEST_NAME.test(name));
    if (names.length === 0) continue;
    console.log(`Removing what a killed run left: ${kind} ${names.join(" ")}`);
    docker([...remove, ...names]);
  }
}

function docker(args) {
  const { stdout } = spawnSync("docker", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return stdout ?? "";
}

// Vitest's main process has its script in its command line; our own is not started yet.
function isAnotherRunAlive(proc) {
  return readdirSync(proc).some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const cmdline = readFileSync(`${proc}/${pid}/cmdline`, "utf8");
      const [command = "", script = ""] = cmdline.split("\0");
      return /(^|\/)node$/.test(command) && /(^|\/)(vitest|vitest\.mjs)$/.test(script);
    } catch {
      return false;
    }
  });
}
