import { accessFromEnvironment } from "../../host/hostAccess";
import { withTunnel } from "../../host/sshTunnel";
import { StackError } from "../../plan/errors";
import { proveAnswers } from "./answers";
import { type GpuGateName, runGpuGate } from "./gpu";
import { waitUntilReady } from "./readiness";

const log = (line: string) => process.stderr.write(`${line}\n`);

/**
 * Entry of bin/gate.cjs, which components run as a command. Prints what the service has proved.
 * Environment: GATE (ready, answers or one of cli/gates/gpu.ts), CONTAINER, URL, and what the gate needs beyond them.
 */
async function main(): Promise<string> {
  const { GATE, CONTAINER = "", URL = "", ...environment } = process.env;
  const { dockerHost, ssh } = accessFromEnvironment(process.env);
  // Not every gate asks the service itself.
  return withTunnel(URL === "" ? undefined : ssh, URL, async (url, signal) => {
    const target = { container: CONTAINER, url, hostUrl: URL, dockerHost, ssh };
    if (GATE?.startsWith("gpu-")) return runGpuGate(GATE as GpuGateName, target, environment);
    if (GATE === "ready") {
      const secondsAllowed = Number(environment.SECONDS_ALLOWED);
      await waitUntilReady({ ...target, secondsAllowed, log, signal });
      return "ready";
    }
    return proveAnswers({
      ...target,
      service: environment.SERVICE ?? "",
      models: linesOf(environment.MODELS),
      provider: environment.PROVIDER === undefined ? undefined : Number(environment.PROVIDER),
      providerModels: linesOf(environment.PROVIDER_MODELS),
      adminEmail: environment.ADMIN_EMAIL ?? "",
      adminPassword: environment.ADMIN_PASSWORD ?? "",
      apiKey: environment.API_KEY ?? "",
    });
  });
}

function linesOf(text = ""): string[] {
  return text.split("\n").filter((line) => line !== "");
}

main().then(
  (proved) => process.stdout.write(proved),
  (error: unknown) => {
    const told = error instanceof StackError ? error.message : ((error as Error).stack ?? error);
    log(`${told}`);
    process.exitCode = 1;
  },
);
