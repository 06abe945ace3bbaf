import { accessHost } from "../host/hostAccess";
import type { HostFacts } from "../plan/hostFacts";
import type { StackPlan } from "../plan/plan";
import { connectDocker } from "./docker/connect";
import { imagesToPull, pullSteps } from "./images/pullImages";
import { type OperationOptions, up } from "./operations";
import { forgetPendingCreations } from "./pendingCreations";
import { runSteps } from "./steps";

/** An update, its images pulled beforehand with their progress. */
export async function update(
  session: OperationOptions,
  plan: StackPlan,
  facts: HostFacts,
): Promise<void> {
  const images = imagesToPull(plan, facts);
  if (images.length > 0) {
    const docker = await connectDocker(accessHost(session.root, session.stack, plan.host));
    await runSteps(pullSteps(docker, images));
  }
  await up(session);
  await forgetPendingCreations(session);
}
