import { accessFromEnvironment } from "../../host/hostAccess";
import { withTunnel } from "../../host/sshTunnel";
import { StackError } from "../../plan/errors";
import { proveAnswers } from "./answers";
import { type GpuGateName, runGpuGate } from "./gpu";
import { waitUntilReady } from "./readiness";

/**
 * Entry of bin/gate.cjs, which components run as a command. Prints what the service has proved.
 * Environment: GATE (ready, answers or one of cli/gates/gpu.ts), CONTAINER, URL, and what the gate needs beyond them.
 */
async function main(): Promise<string> {
  const { GATE, CONTAINER = "", URL = "", ...environment } = process.env;
  const { dockerHost, ssh } = accessFromEnvironment(process.env);
  // Not every gate asks the service itself.
  return withTunnel(URL === "" ? undefined : ssh, URL, async (url) => {
    const target = { container: CONTAINER, url, dockerHost, ssh };
    if (GATE?.startsWith("gpu-")) return runGpuGate(GATE as GpuGateName, target, environment);
    if (GATE === "ready") {
      await waitUntilReady({ ...target, secondsAllowed: Number(environment.SECONDS_ALLOWED) });
      return "ready";
    }
    return proveAnswers({
      ...target,
      service: environment.SERVICE ?? "",
      models: (environment.MODELS ?? "").split("\n").filter((name) => name !== ""),
      adminEmail: environment.ADMIN_EMAIL ?? "",
      adminPassword: environment.ADMIN_PASSWORD ?? "",
      apiKey: environment.API_KEY ?? "",
    });
  });
}

main().then(
  (proved) => process.stdout.write(proved),
  (error: unknown) => {
    const told = error instanceof StackError ? error.message : ((error as Error).stack ?? error);
    process.stderr.write(`${told}\n`);
    process.exitCode = 1;
  },
);
