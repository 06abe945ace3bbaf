import type { HostFacts } from "./hostFacts";
import type { StackPlan } from "./plan";
import type { SecretName, SeededAdmin } from "./secrets";
import { CHAT_SERVICE, OPENAI_SERVICE } from "./wiring";

/** The service whose data a secret belongs to, and what a new secret means to data that is older. */
const OLDER_DATA: Readonly<
  Record<SecretName, { readonly service: string; readonly told: string }>
> = {
  "webui-secret-key": {
    service: CHAT_SERVICE,
    told: "the data of Open WebUI is older than the key that signs its sessions: everybody has to sign in again",
  },
  "webui-admin-password": {
    service: CHAT_SERVICE,
    told: "the data of Open WebUI is older than the generated password: accounts keep their own passwords, and the generated one opens nothing. Restore .state/secrets and .state/passphrase from a backup to have the old one",
  },
  "localai-api-key": {
    service: OPENAI_SERVICE,
    told: "the data of LocalAI is older than its key: whoever uses the old key has to be given the new one",
  },
};

/** Whom a first start on this host would make an account for; undefined where the stack has no Open WebUI. */
export function seededAdmin(
  plan: Pick<StackPlan, "services" | "admin">,
  facts: Pick<HostFacts, "volumes">,
): SeededAdmin | undefined {
  if (plan.services.every(({ name }) => name !== CHAT_SERVICE)) return undefined;
  return withData(plan, facts).includes(CHAT_SERVICE) ? null : { email: plan.admin.email };
}

/**
 * Secrets that are generated although the data that they belong to is there already, as after a lost .state: data
 * does not take over another secret.
 * @param generated secrets that were not kept before
 */
export function lostSecrets(
  plan: Pick<StackPlan, "services">,
  facts: Pick<HostFacts, "volumes">,
  generated: readonly SecretName[],
): SecretName[] {
  const older = withData(plan, facts);
  return generated.filter((name) => older.includes(OLDER_DATA[name].service));
}

/** Names of the services that find data on the host. */
function withData(
  { services }: Pick<StackPlan, "services">,
  { volumes }: Pick<HostFacts, "volumes">,
): string[] {
  return services
    .filter(({ container }) => container.mounts.some(({ source }) => volumes.has(source)))
    .map(({ name }) => name);
}

/** What that means, as lines for people. */
export function describeLostSecrets(lost: readonly SecretName[]): string[] {
  return lost.map((name) => OLDER_DATA[name].told);
}
