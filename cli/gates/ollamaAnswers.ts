import type { AnswersInput } from "./answers";
import {
  ask,
  askJson,
  COMPLETION_LIMIT_MS,
  COMPLETION_TOKENS,
  expectListed,
  onlyEmbeds,
  Refusal,
  readAnswer,
  secondsSince,
} from "./question";

/**
 * Ollama lists its models, and the first that can complete does; where all of them only embed, the first embeds.
 * Source: docs/api.md of ollama/ollama.
 */
export async function askOllama({ url, models }: AnswersInput): Promise<string> {
  const listed = (await askJson(`${url}/api/tags`)) as { models: { name: string }[] };
  expectListed(
    models,
    listed.models.map(({ name }) => name),
  );
  for (const model of models) {
    const completed = await complete(url, model);
    if (completed !== undefined) return completed;
  }
  const [model] = models;
  return model === undefined ? "lists its models" : embed(url, model);
}

/** @returns undefined where the model only embeds */
async function complete(url: string, model: string): Promise<string | undefined> {
  const started = Date.now();
  const answer = await ask(`${url}/api/generate`, {
    body: { model, prompt: "hello", stream: false, options: { num_predict: COMPLETION_TOKENS } },
    limitMs: COMPLETION_LIMIT_MS,
  });
  if (onlyEmbeds(answer)) return undefined;
  const { eval_count: tokens = 0 } = readAnswer(answer) as { eval_count?: number };
  if (!(tokens > 0)) throw new Refusal(`${model} generated nothing`);
  return `${model} answered with ${tokens} tokens in ${secondsSince(started)} s`;
}

async function embed(url: string, model: string): Promise<string> {
  const started = Date.now();
  const { embeddings } = (await askJson(`${url}/api/embed`, {
    body: { model, input: "hello" },
    limitMs: COMPLETION_LIMIT_MS,
  })) as { embeddings?: number[][] };
  const size = embeddings?.[0]?.length ?? 0;
  if (size === 0) throw new Refusal(`${model} embedded nothing`);
  return `${model} answered with an embedding of ${size} numbers in ${secondsSince(started)} s`;
}
