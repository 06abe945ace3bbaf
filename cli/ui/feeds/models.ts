import { listModels } from "../../models/modelList";
import type { FeedContext } from "./context";
import { repeat } from "./repeat";

const PAUSE_MS = 5_000;

export async function feedModels({ plan, signal, dispatch }: FeedContext): Promise<void> {
  await repeat(PAUSE_MS, signal, async () => {
    const models = (await listModels(plan)) ?? null;
    dispatch({ type: "modelsSeen", models });
  });
}
