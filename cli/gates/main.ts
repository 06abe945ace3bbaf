import { StackError } from "../../plan/errors";
import { proveAnswers } from "./answers";
import { waitUntilReady } from "./readiness";

/**
 * Entry of bin/gate.cjs, which components run as a command. Prints what the service has proved.
 * Environment: GATE (ready or answers), CONTAINER, URL, and what the gate needs beyond them.
 */
async function main(): Promise<string> {
  const { GATE, CONTAINER = "", URL = "", ...environment } = process.env;
  if (GATE === "ready") {
    const secondsAllowed = Number(environment.SECONDS_ALLOWED);
    await waitUntilReady({ container: CONTAINER, url: URL, secondsAllowed });
    return "ready";
  }
  return proveAnswers({
    service: environment.SERVICE ?? "",
    container: CONTAINER,
    url: URL,
    models: (environment.MODELS ?? "").split("\n").filter((name) => name !== ""),
    adminEmail: environment.ADMIN_EMAIL ?? "",
    adminPassword: environment.ADMIN_PASSWORD ?? "",
    apiKey: environment.API_KEY ?? "",
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
