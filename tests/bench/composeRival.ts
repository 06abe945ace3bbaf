import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { builtImageNames } from "../../host/builtImages";
import { docker, inspect, type Workspace } from "../support/e2e/workspace";
import { freePort } from "../support/freePort";

/** A service of the rival's: what of its Compose file has to be another's, so that both can run on one engine. */
export interface RivalService {
  readonly name: string;
  readonly image: string;
  readonly containerPort: number;
  readonly volumes: readonly string[];
  /** what aistack derives from its plan, and Compose has to be told */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The same services from the same Compose files, brought up by Docker Compose itself. */
export class ComposeRival {
  readonly #tool: string;
  readonly #root: string;
  readonly #prefix: string;
  readonly #services: readonly RivalService[];

  private constructor(
    tool: string,
    root: string,
    prefix: string,
    services: readonly RivalService[],
  ) {
    this.#tool = tool;
    this.#root = root;
    this.#prefix = prefix;
    this.#services = services;
  }

  static async create(
    workspace: Workspace,
    tool: string,
    services: readonly RivalService[],
  ): Promise<ComposeRival> {
    const prefix = `${workspace.prefix}-rival`;
    // Names and ports of its own, and images that are present; all else is as in compose/.
    const override = {
      name: prefix,
      networks: { "aistack-net": { name: `${prefix}-net` } },
      volumes: Object.fromEntries(
        services.flatMap(({ volumes }) =>
          volumes.map((volume) => [volume, { name: `${prefix}-${volume}` }]),
        ),
      ),
      services: Object.fromEntries(
        await Promise.all(
          services.map(async ({ name, image, containerPort, environment }) => [
            name,
            {
              image,
              container_name: `${prefix}-${name}`,
              ports: [`127.0.0.1:${await freePort()}:${containerPort}`],
              ...(environment === undefined ? {} : { environment }),
            },
          ]),
        ),
      ),
    };
    const text = stringify(override).replaceAll(/^( +ports:)$/gm, "$1 !override");
    writeFileSync(join(workspace.root, "rival.yaml"), text);
    return new ComposeRival(tool, workspace.root, prefix, services);
  }

  async up(): Promise<void> {
    await this.#compose("up", "--detach", "--wait");
  }

  async down(): Promise<void> {
    await this.#compose("down");
  }

  async removeData(): Promise<void> {
    const names = this.#services.flatMap(({ volumes }) => volumes);
    await docker("volume", "rm", "--force", ...names.map((name) => `${this.#prefix}-${name}`));
  }

  async remove(): Promise<void> {
    await this.down();
    await this.removeData();
  }

  async #compose(...args: string[]): Promise<void> {
    const names = ["common", ...this.#services.map(({ name }) => name)];
    const files = [...names.map((name) => `compose/${name}.yaml`), "rival.yaml"];
    const options = ["--profile", "standard-gpu", ...files.flatMap((file) => ["-f", file])];
    await execa(this.#tool, [...options, ...args], { cwd: this.#root });
  }
}

/** The Ollama that aistack would run, in the form of the rival's. */
export async function rivalOllama(workspace: Workspace): Promise<RivalService> {
  const image = await imageOf(workspace);
  return { name: "ollama", image, containerPort: 11434, volumes: ["ollama_data"] };
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
