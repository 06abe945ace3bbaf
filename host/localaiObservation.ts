import type { StackPlan } from "../plan/plan";
import type { ResolveInput } from "../plan/resolve";
import type { SecretValues } from "../plan/secrets";
import { OPENAI_SERVICE } from "../plan/wiring";
import type { HostAccess } from "./hostAccess";
import { gatherLocalaiFacts, localaiRecordFolder, readLocalaiRecords } from "./localaiFacts";
import { withTunnel } from "./sshTunnel";

export type LocalaiObservation = Pick<
  ResolveInput,
  "localaiFacts" | "localaiRecords" | "localaiRecordFolder"
>;

/**
 * What is to be known of LocalAI's backends and models before anything is decided; nobody is asked where none are declared.
 * @throws OperationError where the host lets nobody through to it
 */
export async function observeLocalai(
  root: string,
  stack: string,
  plan: StackPlan,
  access: HostAccess,
  secrets: SecretValues,
): Promise<LocalaiObservation> {
  const service = plan.services.find(({ name }) => name === OPENAI_SERVICE);
  if (service === undefined || plan.localai.length === 0) return {};
  const apiKey = secrets["localai-api-key"] ?? "";
  return {
    localaiFacts: await withTunnel(access.ssh, service.endpoint, (url) =>
      gatherLocalaiFacts(url, apiKey),
    ),
    localaiRecords: readLocalaiRecords(root, stack, plan.localai),
    localaiRecordFolder: localaiRecordFolder(stack),
  };
}
