import type { ContainerStats } from "dockerode";
import { isForeign } from "../../../plan/preflight";
import { judgeHealth } from "../../../plan/serviceHealth";
import { findInEngine } from "../../docker/engineErrors";
import type { UiService } from "../state";
import type { FeedContext } from "./context";
import { repeat } from "./repeat";
import { type CpuSample, toUsage } from "./usage";

const PAUSE_MS = 1_500;

/** Health and use of every service, again and again. */
export async function feedContainers(context: FeedContext): Promise<void> {
  const samples = new Map<string, CpuSample>();
  await repeat(PAUSE_MS, context.signal, async () => {
    const services = await Promise.all(
      context.plan.services.map(({ name, container }) =>
        look(context, name, container.name, samples),
      ),
    );
    if (!context.signal.aborted) context.dispatch({ type: "servicesSeen", services });
  });
}

async function look(
  { docker, dispatch }: FeedContext,
  name: string,
  containerName: string,
  samples: Map<string, CpuSample>,
): Promise<Pick<UiService, "name" | "health" | "since">> {
  const container = docker.getContainer(containerName);
  const found = await findInEngine(containerName, () => container.inspect());
  const seen = found && {
    status: found.State.Paused ? "paused" : found.State.Status,
    health: found.State.Health?.Status,
    labels: found.Config.Labels ?? {},
  };
  const runs = found?.State.Running === true && seen !== undefined && !isForeign(seen);
  if (!runs) {
    samples.delete(name);
    dispatch({ type: "usageSeen", service: name, usage: undefined });
    return { name, health: judgeHealth(seen), since: null };
  }
  const stats = await findInEngine(containerName, () =>
    container.stats({ stream: false, "one-shot": true } as { stream: false }),
  );
  if (stats !== undefined) {
    const { usage, sample } = toUsage(stats as ContainerStats, samples.get(name));
    samples.set(name, sample);
    dispatch({ type: "usageSeen", service: name, usage });
  }
  return { name, health: judgeHealth(seen), since: found.State.StartedAt };
}
