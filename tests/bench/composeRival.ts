import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { builtImageNames } from "../../host/builtImages";
import { docker, freePort, inspect, type Workspace } from "../support/e2e/workspace";

/** The same service from the same Compose files, brought up by Docker Compose itself. */
export class ComposeRival {
  readonly #tool: string;
  readonly #root: string;
  readonly #prefix: string;

  private constructor(tool: string, root: string, prefix: string) {
    this.#tool = tool;
    this.#root = root;
    this.#prefix = prefix;
  }

  static async create(workspace: Workspace, tool: string): Promise<ComposeRival> {
    const prefix = `${workspace.prefix}-rival`;
    const image = await imageOf(workspace);
    // Names and port of its own, and the image that is present; all else is as in compose/.
    const override = [
      `name: ${prefix}`,
      "networks:",
      `  aistack-net: { name: ${prefix}-net }`,
      "volumes:",
      `  ollama_data: { name: ${prefix}-ollama_data }`,
      "services:",
      "  ollama:",
      `    image: ${image}`,
      `    container_name: ${prefix}-ollama`,
      "    ports: !override",
      `      - 127.0.0.1:${await freePort()}:11434`,
      "",
    ];
    writeFileSync(join(workspace.root, "rival.yaml"), override.join("\n"));
    return new ComposeRival(tool, workspace.root, prefix);
  }

  async up(): Promise<void> {
    await this.#compose("up", "--detach", "--wait");
  }

  async down(): Promise<void> {
    await this.#compose("down");
  }

  async removeData(): Promise<void> {
    await docker("volume", "rm", "--force", `${this.#prefix}-ollama_data`);
  }

  async remove(): Promise<void> {
    await this.down();
    await this.removeData();
  }

  async #compose(...args: string[]): Promise<void> {
    const files = ["compose/common.yaml", "compose/ollama.yaml", "rival.yaml"].flatMap((file) => [
      "-f",
      file,
    ]);
    await execa(this.#tool, [...files, ...args], { cwd: this.#root });
  }
}

/** The image that aistack would run: the registry's where it is present, else the one built here. */
async function imageOf(workspace: Workspace): Promise<string> {
  await workspace.pulumi("up", "--yes", "--skip-preview");
  const running = await inspect(workspace.name("ollama"));
  await workspace.pulumi("destroy", "--yes", "--skip-preview");
  await workspace.removeData();
  const built = builtImageNames(workspace.root).ollama;
  if (running === undefined) throw new Error("aistack did not bring Ollama up");
  return running.Config.Image.startsWith("sha256:") && built !== undefined
    ? built
    : running.Config.Image;
}
