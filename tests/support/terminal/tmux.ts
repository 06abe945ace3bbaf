import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

const LIMIT_MS = 30_000;

/** A real terminal, by a tmux server of its own, with a shell in it. */
export class Terminal {
  readonly #server = `aistack-test-${randomBytes(4).toString("hex")}`;

  private constructor() {}

  /** @param environment of the shell, beside the machine's */
  static async open(
    folder: string,
    columns: number,
    rows: number,
    environment: Record<string, string> = {},
  ): Promise<Terminal> {
    const terminal = new Terminal();
    const size = ["-x", String(columns), "-y", String(rows)];
    const variables = Object.entries(environment).flatMap(([name, value]) => [
      "-e",
      `${name}=${value}`,
    ]);
    // No file of the machine's or the user's decides what the tests see.
    const shell = "PS1='$ ' exec bash --noprofile --norc";
    await terminal.#tmux(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      ...size,
      ...variables,
      "-c",
      folder,
      shell,
    );
    await terminal.waitFor((screen) => screen.startsWith("$"));
    return terminal;
  }

  /** Types a line into the shell. */
  async run(line: string): Promise<void> {
    await this.type(line);
    await this.press("Enter");
  }

  /** Types a text, and no more. */
  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", text);
  }

  /** Presses keys, by tmux's names: `r`, `Down`, `C-c`, `Escape`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux("send-keys", ...keys);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What is on the screen, line by line, without what is blank at the ends. */
  async screen(): Promise<string> {
    return (await this.#tmux("capture-pane", "-p")).trimEnd();
  }

  /** The same with colours, as escape sequences. */
  async colouredScreen(): Promise<string> {
    return this.#tmux("capture-pane", "-p", "-e");
  }

  /** Waits until the screen is as wanted. @throws Error with the last screen where it does not come */
  async waitFor(wanted: (screen: string) => boolean, limitMs = LIMIT_MS): Promise<string> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const screen = await this.screen();
      if (wanted(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`the screen stayed:\n${screen}`);
      await sleep(100);
    }
  }

  /** Whether the alternate screen is shown, and whether the cursor is. */
  async modes(): Promise<{ alternate: boolean; cursor: boolean }> {
    const told = await this.#tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}");
    const [alternate, cursor] = told.trim().split(" ");
    return { alternate: alternate === "1", cursor: cursor === "1" };
  }

  /** Process id of the shell. */
  async shellPid(): Promise<number> {
    return Number(await this.#tmux("display-message", "-p", "#{pane_pid}"));
  }

  async close(): Promise<void> {
    await this.#tmux("kill-server");
  }

  async #tmux(...args: string[]): Promise<string> {
    return (await execa("tmux", ["-L", this.#server, ...args])).stdout;
  }
}
