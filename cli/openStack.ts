import { accessHost, type HostAccess } from "../host/hostAccess";
import type { StackPlan } from "../plan/plan";
import { planFromCheckout } from "./observe";
import { registerStackSecrets } from "./stackSecrets";
import { chooseStack } from "./stackSelection";

/** A stack that a verb is about, and how its host is reached. */
export interface OpenStack {
  readonly stack: string;
  readonly plan: StackPlan;
  readonly access: HostAccess;
}

/**
 * @param named by the user; undefined: the selected one, or the only one
 * @throws StackError where there is no such stack, or its configuration is not valid
 */
export function openStack(root: string, named: string | undefined): OpenStack {
  const stack = chooseStack(root, named);
  const plan = planFromCheckout(root, stack);
  registerStackSecrets(root, stack, plan.secrets);
  return { stack, plan, access: accessHost(root, stack, plan.host) };
}
