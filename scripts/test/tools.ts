// What tests and benchmarks need of aistack's own code before they begin: see scripts/tools.mjs.
import { join } from "node:path";
import { findProjectRoot, goToolchain, locateCache, type Progress } from "../../cli/artifacts";
import { type EngineEvent, ensureEngine } from "../../cli/engine";
import { buildPiece } from "../../cli/engine/buildPiece";
import { buildImage } from "../../cli/images/buildImage";
import { reachableImages } from "../../cli/reachability";
import { builtImageNames } from "../../host/builtImages";

const tell = (line: string) => process.stderr.write(`${line}\n`);

let lastTenth = "";
/** Tenths, each once: the log of a long build stays readable. */
function tellProgress(title: string, { done, total, text }: Progress): void {
  const tenth = total === 0 ? 0 : Math.floor((done / total) * 10);
  if (`${title} ${tenth}` !== lastTenth) tell(`${title}: ${tenth * 10} % ${text}`);
  lastTenth = `${title} ${tenth}`;
}

const log = (event: EngineEvent) =>
  event.type === "progress" ? tellProgress(event.piece, event.progress) : tell(event.message);

/** By name; what one returns is its answer on standard output. */
const TOOLS: Record<string, () => Promise<string>> = {
  /** The go command that builds and checks our Go modules. */
  go: () =>
    goToolchain({ onProgress: (progress) => tellProgress("Go", progress), onWait: tell }),
  /** The engine as an installation gets it. */
  engine: async () => (await ensureEngine({ log })).pulumiHome,
  /** Our own plugins, whatever the engine uses. */
  "docker-plugin": () => builtPlugin("docker"),
  "command-plugin": () => builtPlugin("command"),
  /** Images that no registry can be asked for; where one answers, the first update pulls. */
  images: async () => {
    const root = findProjectRoot();
    if ((await reachableImages(["ollama/ollama"])).size > 0) return "pulled when needed";
    const report = { note: tell, progress: tellProgress };
    const built: string[] = [];
    for (const service of Object.keys(builtImageNames(root))) {
      built.push(await buildImage(root, service, report));
    }
    return built.join(" ");
  },
};

async function builtPlugin(piece: "docker" | "command"): Promise<string> {
  const [folder = ""] = await buildPiece(piece, locateCache(), log);
  return join(folder, `pulumi-resource-${piece}`);
}

export async function main(name = ""): Promise<number> {
  const tool = TOOLS[name];
  if (tool === undefined) {
    tell(`There is no tool "${name}". Accepted: ${Object.keys(TOOLS).join(", ")}`);
    return 2;
  }
  process.stdout.write(`${await tool()}\n`);
  return 0;
}
