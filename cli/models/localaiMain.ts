import { accessFromEnvironment } from "../../host/hostAccess";
import { withTunnel } from "../../host/sshTunnel";
import { StackError } from "../../plan/errors";
import { ensureLocalai } from "./ensureLocalai";

/** Entry of bin/ensureLocalai.cjs, which the LocalaiModel component runs as a command. Prints what was installed. */
async function main(): Promise<string> {
  const {
    LOCALAI_URL = "",
    LOCALAI_API_KEY = "",
    LOCALAI_KIND,
    LOCALAI_NAME = "",
    LOCALAI_FROM,
    LOCALAI_VARIANT,
    LOCALAI_RECORD = "",
    CONTAINER = "",
  } = process.env;
  return withTunnel(accessFromEnvironment(process.env).ssh, LOCALAI_URL, (url) =>
    ensureLocalai({
      spec: {
        kind: LOCALAI_KIND === "backend" ? "backend" : "model",
        name: LOCALAI_NAME,
        from: LOCALAI_FROM,
        variant: LOCALAI_VARIANT,
      },
      url,
      hostUrl: LOCALAI_URL,
      apiKey: LOCALAI_API_KEY,
      container: CONTAINER,
      recordFile: LOCALAI_RECORD,
      log: (line) => process.stderr.write(`${line}\n`),
    }),
  );
}

main().then(
  (origin) => process.stdout.write(origin),
  (error: unknown) => {
    const told = error instanceof StackError ? error.message : ((error as Error).stack ?? error);
    process.stderr.write(`${told}\n`);
    process.exitCode = 1;
  },
);
