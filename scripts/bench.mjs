// `make bench`: compiles tests/bench and runs it.
import { importBundled } from "./bundled.mjs";

await importBundled("bench", "tests/bench/main.ts");
