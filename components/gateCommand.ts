/** What gates run: bin/gate.cjs, with everything in its environment (cli/gates/main.ts). */
export const GATE_COMMAND = "node bin/gate.cjs";
