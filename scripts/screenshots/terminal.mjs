// Makes docs/images/terminal-ui.png: the terminal UI of the selected stack, as a real terminal shows it.
//   node scripts/screenshots/terminal.mjs [--stack NAME] [--checkout FOLDER]
// Needs tmux, a Chromium, and a stack that runs.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { ansiToHtml } from "./ansiToHtml.mjs";

const root = resolve(import.meta.dirname, "../..");
const SIZE = { columns: 100, rows: 30 };
/** Long enough for the plots to have something to show. */
const WATCH_MS = 20_000;

const { values } = parseArgs({
  options: { stack: { type: "string" }, checkout: { type: "string", default: root } },
});
const picture = join(root, "docs", "images", "terminal-ui.png");
mkdirSync(dirname(picture), { recursive: true });
await takePicture(ansiToHtml(await watchScreen()), picture);
console.log(picture);

/** @returns {Promise<string>} the screen, with its colours as escape sequences */
async function watchScreen() {
  const server = `aistack-picture-${process.pid}`;
  const tmux = (...args) => {
    const ran = spawnSync("tmux", ["-L", server, ...args], { encoding: "utf8" });
    if (ran.status !== 0) throw new Error(`tmux ${args[0]}: ${ran.error ?? ran.stderr}`);
    return ran.stdout;
  };
  const stack = values.stack === undefined ? "" : ` --stack '${values.stack}'`;
  const size = ["-x", String(SIZE.columns), "-y", String(SIZE.rows)];
  tmux(
    "-f",
    "/dev/null",
    "new-session",
    "-d",
    ...size,
    "-c",
    values.checkout,
    `./aistack ui${stack}`,
  );
  try {
    await sleep(WATCH_MS);
    return tmux("capture-pane", "-p", "-e").trimEnd();
  } finally {
    tmux("kill-server");
  }
}

async function takePicture(pre, file) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ deviceScaleFactor: 2 });
    await page.setContent(`<!doctype html><meta charset="utf-8"><style>
      body { margin: 0; background: #0d1117; display: inline-block; }
      .window { padding: 14px 18px 16px; }
      pre { margin: 0; font: 16px/18px "DejaVu Sans Mono", monospace; }
    </style><div class="window">${pre}</div>`);
    await page.locator(".window").screenshot({ path: file });
  } finally {
    await browser.close();
  }
}
