import { accessHost } from "../host/hostAccess";
import { withTunnel } from "../host/sshTunnel";
import { expectedAnswers } from "../plan/expectedAnswers";
import { asksGpu } from "../plan/gpuDrift";
import type { ServicePlan, StackPlan } from "../plan/plan";
import { MODEL_SERVICE } from "../plan/wiring";
import { proveAnswers } from "./gates/answers";
import { confirmGpuUse } from "./gates/gpuUse";
import type { GateTarget } from "./gates/target";
import { readStackSecrets } from "./stackSecrets";

/**
 * Asks every service of a running stack for what it is there for, all at once, since a container that is healthy need
 * not be able to generate.
 * @param plan for the host as it is, its GPUs included
 * @returns what they answered, a line each, for the user
 * @throws OperationError where one does not
 */
export async function proveStack(root: string, stack: string, plan: StackPlan): Promise<string> {
  const { values, admin } = readStackSecrets(root, stack, plan.secrets, false);
  const { dockerHost, ssh } = accessHost(root, stack, plan.host);
  const proofs = await Promise.all(
    plan.services.map(async (service) => {
      const { name, container, endpoint } = service;
      const proved = await withTunnel(ssh, endpoint, async (url) => {
        const target = { container: container.name, url, hostUrl: endpoint, dockerHost, ssh };
        const answered = await proveAnswers({
          ...target,
          service: name,
          ...expectedAnswers(name, plan),
          adminEmail: admin?.email ?? plan.admin.email,
          adminPassword: values["webui-admin-password"] ?? "",
          apiKey: values["localai-api-key"] ?? "",
        });
        return [answered, ...(await proveGpuUse(plan, service, target))].join("; ");
      });
      return `  ${name.padEnd(12)} ${proved}\n`;
    }),
  );
  return `\nAnswers:\n${proofs.join("")}`;
}

/** Where the first model computes, of a service that keeps models on a GPU. */
async function proveGpuUse(
  { gpu, models }: StackPlan,
  { name, container }: ServicePlan,
  target: GateTarget,
): Promise<string[]> {
  const [model] = models;
  if (gpu === undefined || name !== MODEL_SERVICE || model === undefined || !asksGpu(container))
    return [];
  // On the CPU it says so by itself.
  const log = () => undefined;
  return [await confirmGpuUse({ ...target, model: model.name, required: gpu.gpuRequired, log })];
}
