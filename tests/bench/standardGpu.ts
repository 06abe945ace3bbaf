import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { builtImageNames } from "../../host/builtImages";
import { Workspace } from "../support/e2e/workspace";
import { buildLocalaiStandIn } from "../support/localai/standInImage";
import { composeTool } from "../support/plan/composeTool";
import { ComposeRival, type RivalService } from "./composeRival";
import { type Comparison, measure, median } from "./measure";

const REPEATS = Number(process.env.BENCH_STANDARD_REPEATS ?? 3);

const MOST_SECONDS = 90;
const MOST_MEBIBYTES = 400;
const ALLOWANCE_SECONDS = 5;

/**
 * Profile standard-gpu on the CPU, from images that are present to three services that answer, beside `docker compose up
 * --wait` on the same files; and what the program itself takes of the machine's memory meanwhile.
 */
export async function benchStandardGpu(): Promise<Comparison[]> {
  const workspace = await Workspace.create("");
  let rival: ComposeRival | undefined;
  try {
    const standIn = await buildLocalaiStandIn(workspace.root);
    workspace.configure(
      `  aistack:profile: standard-gpu\n  aistack:images: { overrides: { localai: "${standIn}" } }\n`,
    );
    await workspace.prepare();
    rival = await ComposeRival.create(
      workspace,
      await composeTool(),
      rivalServices(workspace, standIn),
    );
    const [ours, theirs]: [number[], number[]] = [[], []];
    let memory = 0;
    for (let round = 0; round < REPEATS; round += 1) {
      console.log(`standard-gpu, round ${round + 1} of ${REPEATS}`);
      const watch = new MemoryWatch(workspace.root);
      ours.push(await measure(() => succeed(workspace, "up", "--yes", "--skip-preview")));
      memory = Math.max(memory, await watch.stop());
      await succeed(workspace, "destroy", "--yes", "--skip-preview");
      await workspace.removeData();
      theirs.push(await measure(() => rival?.up() ?? Promise.resolve()));
      await rival.down();
      await rival.removeData();
    }
    return rows(median(ours), median(theirs), memory);
  } finally {
    await rival?.remove();
    await workspace.remove();
  }
}

function rows(seconds: number, reference: number, memory: number): Comparison[] {
  return [
    {
      name: "standard-gpu: cold, to three that answer",
      value: seconds,
      rival: "docker compose",
      reference,
      target: `compose + ${ALLOWANCE_SECONDS} s, ${MOST_SECONDS} s`,
      met: seconds <= reference + ALLOWANCE_SECONDS && seconds <= MOST_SECONDS,
    },
    {
      name: "standard-gpu: the program's memory",
      value: memory,
      unit: "MiB",
      rival: "",
      reference: undefined,
      target: `${MOST_MEBIBYTES} MiB`,
      met: memory <= MOST_MEBIBYTES,
    },
  ];
}

function rivalServices(workspace: Workspace, standIn: string): RivalService[] {
  const built = builtImageNames(workspace.root);
  const prefix = `${workspace.prefix}-rival`;
  return [
    {
      name: "ollama",
      image: built.ollama ?? "",
      containerPort: 11434,
      volumes: ["ollama_data"],
    },
    {
      name: "openwebui",
      image: built.openwebui ?? "",
      containerPort: 8080,
      volumes: ["openwebui_data"],
      environment: {
        OLLAMA_BASE_URL: `http://${prefix}-ollama:11434`,
        OPENAI_API_BASE_URLS: `http://${prefix}-localai:8080/v1`,
        OPENAI_API_KEYS: "sk-bench",
        RAG_EMBEDDING_ENGINE: "ollama",
        WEBUI_SECRET_KEY: "bench",
        WEBUI_ADMIN_EMAIL: "admin@aistack.local",
        WEBUI_ADMIN_PASSWORD: "bench",
      },
    },
    {
      name: "localai",
      image: standIn,
      containerPort: 8080,
      volumes: ["localai_models", "localai_backends", "localai_configuration", "localai_data"],
      environment: { LOCALAI_API_KEY: "sk-bench" },
    },
  ];
}

/** The most memory that the program's own process had, in MiB: Node, as Pulumi's language host started it. */
class MemoryWatch {
  #most = 0;
  #ended = false;
  readonly #watching: Promise<void>;

  constructor(root: string) {
    this.#watching = this.#watch(root);
  }

  async stop(): Promise<number> {
    this.#ended = true;
    await this.#watching;
    if (this.#most === 0) throw new Error("the program's process was never seen");
    return this.#most;
  }

  async #watch(root: string): Promise<void> {
    while (!this.#ended) {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
        this.#most = Math.max(this.#most, peakOf(pid, root));
      await sleep(100);
    }
  }
}

/** Peak of a process that runs the program of this checkout; 0 of any other, and of one that has just ended. */
function peakOf(pid: string, root: string): number {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("@pulumi/pulumi/cmd/run")) return 0;
    if (readlinkSync(`/proc/${pid}/cwd`) !== root) return 0;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function succeed(workspace: Workspace, ...args: string[]): Promise<void> {
  const { code, output } = await workspace.pulumi(...args);
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${output}`);
}
