import type { ComposeService } from "./composeSchema";
import type { Problem } from "./errors";
import { quote } from "./quote";
import type { SecretName } from "./secrets";
import { CHAT_SERVICE, OPENAI_SERVICE } from "./wiring";
import { formatPath, type Path } from "./yamlDocument";

/** Generated secrets by which aistack itself gets into a service, to ask whether it does its work. */
const KEYS_OF_OURS: Readonly<Record<string, { secret: SecretName; variable: string }>> = {
  [CHAT_SERVICE]: { secret: "webui-admin-password", variable: "WEBUI_ADMIN_PASSWORD" },
  [OPENAI_SERVICE]: { secret: "localai-api-key", variable: "LOCALAI_API_KEY" },
};

/**
 * What is wrong with a service's generated secrets. Variables that the plan derives (plan/wiring.ts) may be overridden by hand,
 * these may not: the value in the file would be in plain, and not the one that aistack signs in with.
 * @param place file and line of a path in the Compose files
 */
export function secretProblems(
  name: string,
  service: ComposeService,
  place: (path: Path) => string,
): Problem[] {
  const { secrets = {} } = service["x-aistack"];
  const at = ["services", name] as const;
  const problem = (path: Path, what: string, fix: string): Problem => ({
    what,
    where: `${place(path)}: ${formatPath(path)}`,
    fix,
  });
  const overridden = Object.entries(secrets)
    .filter(([variable]) => Object.hasOwn(service.environment ?? {}, variable))
    .map(([variable, secret]) =>
      problem(
        [...at, "environment", variable],
        `${quote(variable)} is set to the generated secret ${secret} already`,
        "Remove it here; ./aistack credentials shows the values that people need",
      ),
    );
  const ours = KEYS_OF_OURS[name];
  if (ours === undefined || Object.values(secrets).includes(ours.secret)) return overridden;
  const absent = problem(
    [...at, "x-aistack", "secrets"],
    `no variable is set to the generated secret ${ours.secret}, with which aistack itself asks the service`,
    `Add ${ours.variable}: ${ours.secret}`,
  );
  return [...overridden, absent];
}
