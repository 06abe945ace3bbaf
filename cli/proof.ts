import { accessHost } from "../host/hostAccess";
import { withTunnel } from "../host/sshTunnel";
import { expectedModels } from "../plan/expectedModels";
import type { StackPlan } from "../plan/plan";
import { proveAnswers } from "./gates/answers";
import { readStackSecrets } from "./stackSecrets";

/**
 * Asks every service of a running stack for what it is there for, all at once, since a container that is healthy need
 * not be able to generate.
 * @returns what they answered, a line each, for the user
 * @throws OperationError where one does not
 */
export async function proveStack(root: string, stack: string, plan: StackPlan): Promise<string> {
  const { values } = readStackSecrets(root, stack, plan.secrets, false);
  const { ssh } = accessHost(root, stack, plan.host);
  const proofs = await Promise.all(
    plan.services.map(async ({ name, container, endpoint }) => {
      const proved = await withTunnel(ssh, endpoint, (url) =>
        proveAnswers({
          service: name,
          container: container.name,
          url,
          ssh,
          models: expectedModels(name, plan),
          adminEmail: plan.admin.email,
          adminPassword: values["webui-admin-password"] ?? "",
          apiKey: values["localai-api-key"] ?? "",
        }),
      );
      return `  ${name.padEnd(12)} ${proved}\n`;
    }),
  );
  return `\nAnswers:\n${proofs.join("")}`;
}
