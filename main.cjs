// What Pulumi starts: the program as compiled ahead into bin/, compiled again first where its source changed.
const { ensureCompiled } = require("./scripts/compiled.cjs");

ensureCompiled();
module.exports = require("./bin/program.cjs");
