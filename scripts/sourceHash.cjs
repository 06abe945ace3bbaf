// Identity of everything that bin/ is compiled from. CommonJS, because main.cjs needs it before anything is compiled.
const { createHash } = require("node:crypto");
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const FOLDERS = ["plan", "host", "components", "cli", "scripts"];
const FILES = ["index.ts", "package-lock.json"];

/** @param {string} root the checkout @returns {string} SHA-256 of names and contents */
function sourceHash(root) {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs|cjs)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  ).concat(FILES.map((file) => join(root, file)));
  const hash = createHash("sha256");
  for (const file of files.sort())
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex");
}

module.exports = { sourceHash };
