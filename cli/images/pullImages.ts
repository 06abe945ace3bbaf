import type Docker from "dockerode";
import { OperationError, StackError } from "../../plan/errors";
import type { HostFacts } from "../../plan/hostFacts";
import { chooseImage } from "../../plan/images";
import type { StackPlan } from "../../plan/plan";
import { askEngine } from "../docker/engineErrors";
import type { Step } from "../steps";
import { type PullEvent, PullProgress } from "./pullProgress";

/** Images that an update would pull: those that the engine lacks and a registry has. */
export function imagesToPull(
  plan: Pick<StackPlan, "services">,
  facts: Pick<HostFacts, "images">,
): string[] {
  const missing = plan.services.flatMap(({ image }) => {
    const chosen = chooseImage(image, facts.images);
    const pulled = !chosen.built && image.source !== "archive" && !facts.images.has(chosen.name);
    return pulled ? [chosen.name] : [];
  });
  return [...new Set(missing)];
}

/**
 * Steps that pull images before an update does, since the update itself shows no progress. Where a pull fails, by
 * missing credentials for example, it is left to the update, which tells why.
 */
export function pullSteps(docker: Docker, images: readonly string[]): Step[] {
  return images.map((image) => ({
    title: image,
    run: async (report) => {
      try {
        await pullImage(docker, image, (progress) => report.progress("pulling", progress));
        return "pulled";
      } catch (error) {
        if (!(error instanceof StackError)) throw error;
        return `left to the update (${error.problems.map(({ what }) => what).join("; ")})`;
      }
    },
  }));
}

function refused(image: string, reason: string): OperationError {
  return new OperationError([{ what: `it cannot be pulled: ${reason}`, where: image }]);
}

/** @throws OperationError where the registry or the engine refuses */
export async function pullImage(
  docker: Docker,
  image: string,
  report: (progress: ReturnType<PullProgress["take"]> & object) => void,
): Promise<void> {
  const stream = await askEngine(image, () => docker.pull(image));
  const progress = new PullProgress();
  await new Promise<void>((done, fail) => {
    docker.modem.followProgress(
      stream,
      (error) => (error === null ? done() : fail(error)),
      (event: PullEvent) => {
        // The engine answers with success before it knows, and tells of a failure as it goes.
        if (event.error !== undefined) fail(refused(image, event.error));
        const now = progress.take(event);
        if (now !== undefined) report(now);
      },
    );
  });
}
