import { withTunnel } from "../../../host/sshTunnel";
import { listModels, modelService } from "../../models/modelList";
import type { FeedContext } from "./context";
import { repeat } from "./repeat";

const PAUSE_MS = 5_000;

export async function feedModels({ plan, ssh, signal, dispatch }: FeedContext): Promise<void> {
  const service = modelService(plan);
  if (service === undefined) return dispatch({ type: "modelsSeen", models: [] });
  await withTunnel(ssh, service.endpoint, (url) =>
    repeat(PAUSE_MS, signal, async () => {
      const models = (await listModels(plan, url)) ?? null;
      dispatch({ type: "modelsSeen", models });
    }),
  );
}
