// What Pulumi starts: the program as compiled ahead into bin/, compiled again first where its source changed.
const { ensureCompiled } = require("./scripts/compiled.cjs");

// Pulumi's runner maps every stack back to its TypeScript sources, and its SDK takes a stack with
// every resource and call: 0.8 of a preview's 2 seconds went into source maps that nobody reads.
Error.prepareStackTrace = undefined;

ensureCompiled("program");
module.exports = require("./bin/program.cjs");
