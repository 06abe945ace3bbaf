import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa, execaSync } from "execa";
import { ROOT } from "../support/e2e/workspace";

/**
 * A Pulumi program that declares nothing, as `pulumi new` makes it: it loads the SDK, and lies in a
 * git repository, which the engine asks for its state at every preview.
 */
export class EmptyProgram {
  readonly #root: string;
  #environment: Record<string, string> = {};

  private constructor(root: string) {
    this.#root = root;
  }

  static create(): EmptyProgram {
    const root = mkdtempSync(join(tmpdir(), "aistack-empty-"));
    mkdirSync(join(root, ".state"));
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
    writeFileSync(join(root, "package.json"), '{ "name": "empty" }\n');
    writeFileSync(
      join(root, "index.js"),
      '"use strict";\nconst pulumi = require("@pulumi/pulumi");\n',
    );
    writeFileSync(
      join(root, "Pulumi.yaml"),
      "name: empty\nmain: index.js\nruntime: { name: nodejs, options: { typescript: false } }\nbackend: { url: file://./.state }\n",
    );
    const git = (...args: string[]) => execaSync("git", args, { cwd: root });
    writeFileSync(join(root, ".gitignore"), "node_modules\n.state\n");
    git("init", "--quiet");
    git("add", "--all");
    git(
      "-c",
      "user.name=bench",
      "-c",
      "user.email=bench@localhost",
      "commit",
      "--quiet",
      "--message",
      "empty",
    );
    return new EmptyProgram(root);
  }

  /** @param environment the same engine, plugins and caches that aistack runs with */
  async prepare(environment: Readonly<Record<string, string>>): Promise<void> {
    this.#environment = { ...environment };
    await this.#pulumi("stack", "init", "empty");
    await this.#pulumi("up", "--yes", "--skip-preview");
  }

  async preview(): Promise<void> {
    await this.#pulumi("preview");
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #pulumi(...args: string[]): Promise<void> {
    await execa("pulumi", [...args, "--non-interactive"], {
      cwd: this.#root,
      env: this.#environment,
    });
  }
}
