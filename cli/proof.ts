import { OperationError } from "../plan/errors";
import type { StackPlan } from "../plan/plan";
import { MODEL_SERVICE } from "../plan/wiring";

/** A first answer may wait until a large model is in memory. */
const GENERATION_LIMIT_MS = 10 * 60_000;

/**
 * Asks the first declared model for an answer, since a container that is healthy need not be able
 * to generate.
 * @returns what it answered, for the user
 * @throws OperationError where it did not
 */
export async function proveAnswers(plan: StackPlan): Promise<string> {
  const host = plan.services.find(({ name }) => name === MODEL_SERVICE);
  const [model] = plan.models;
  if (host === undefined || model === undefined) return "";
  const started = Date.now();
  const response = await fetch(`${host.endpoint}/api/generate`, {
    method: "POST",
    body: JSON.stringify({
      model: model.name,
      prompt: "hello",
      stream: false,
      options: { num_predict: 16 },
    }),
    signal: AbortSignal.timeout(GENERATION_LIMIT_MS),
  });
  const answer = (await response.json()) as { eval_count?: number; error?: string };
  if (!response.ok || !((answer.eval_count ?? 0) > 0)) {
    throw new OperationError([
      {
        what: `${model.name} generated nothing: ${answer.error ?? `HTTP ${response.status}`}`,
        where: host.endpoint,
        fix: `See the service's log with: docker logs ${host.container.name}`,
      },
    ]);
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  return `${model.name} answered with ${answer.eval_count} tokens in ${seconds} s.\n`;
}
