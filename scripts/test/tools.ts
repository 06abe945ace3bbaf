// What tests and benchmarks need of aistack's own code before they begin: see scripts/tools.mjs.
import { dirname, join } from "node:path";
import { execa } from "execa";
import {
  ensureArtifact,
  findProjectRoot,
  goToolchain,
  locateCache,
  type Progress,
} from "../../cli/artifacts";
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
  gofmt: checkFormat,
  "vet-command": () => vet("command"),
  "vet-docker": () => vet("docker"),
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

const go = () =>
  goToolchain({ onProgress: (progress) => tellProgress("Go", progress), onWait: tell });

/** gofmt only lists; what it lists is a fault. */
async function checkFormat(): Promise<string> {
  const gofmt = join(dirname(await go()), "gofmt");
  const { stdout } = await execa(gofmt, ["-l", "engine"], { cwd: findProjectRoot() });
  if (stdout !== "") throw new Error(`not formatted by gofmt:\n${stdout}`);
  return "formatted";
}

/**
 * `go vet` of a module of ours. It takes minutes where Go's cache is empty, since it looks through
 * 1,800 packages that we stand on; so what has passed is remembered as an artifact without content.
 */
async function vet(module: string): Promise<string> {
  const command = await go();
  const { stdout: version } = await execa(command, ["env", "GOVERSION"]);
  const folder = join(findProjectRoot(), "engine", module);
  return ensureArtifact({
    name: `vet-${module}`,
    inputs: [folder],
    exclude: (path) => !/\.go$|\/go\.(mod|sum)$/.test(path),
    keyExtra: [version],
    build: async () => {
      // The environment of engine/build.sh, so that what was compiled there is not compiled again.
      const env = { CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOWORK: "off", GO111MODULE: "on" };
      const args = ["vet", "-mod=readonly", "-trimpath", "./..."];
      const { exitCode, all } = await execa(command, args, {
        cwd: folder,
        env,
        all: true,
        reject: false,
      });
      if (exitCode !== 0) throw new Error(all);
    },
  });
}

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
