import { accessFromEnvironment } from "../../host/hostAccess";
import { withTunnel } from "../../host/sshTunnel";
import { StackError } from "../../plan/errors";
import { ensureModel } from "./ensureModel";

/** Entry of bin/ensureModel.cjs, which the Model component runs as a command. Prints the model's digest. */
async function main(): Promise<void> {
  const {
    OLLAMA_URL = "",
    MODEL_NAME = "",
    MODEL_SOURCE = "",
    MODEL_SHA256,
    MODEL_RECORD = "",
    CONTAINER = "",
  } = process.env;
  const { ssh } = accessFromEnvironment(process.env);
  const digest = await withTunnel(ssh, OLLAMA_URL, (url) =>
    ensureModel({
      ollama: { url, hostUrl: OLLAMA_URL, container: CONTAINER },
      name: MODEL_NAME,
      source: MODEL_SOURCE,
      sha256: MODEL_SHA256,
      recordFile: MODEL_RECORD,
      log: (line) => process.stderr.write(`${line}\n`),
    }),
  );
  process.stdout.write(digest);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof StackError ? error.message : ((error as Error).stack ?? error)}\n`,
  );
  process.exitCode = 1;
});
