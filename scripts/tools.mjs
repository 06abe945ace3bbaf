// Makes ready, with aistack's own code, what development needs: the engine, plugins, images; and checks our Go modules.
//   node scripts/tools.mjs engine|docker-plugin|command-plugin|images
//   node scripts/tools.mjs gofmt|vet-command|vet-docker
import { importBundled } from "./bundled.mjs";

const { main } = await importBundled("tools", "scripts/test/tools.ts");
try {
  process.exitCode = await main(process.argv[2]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
