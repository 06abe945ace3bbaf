import { isRecord } from "../plan/dataPath";
import type { LoadedModel, OllamaReading } from "../plan/idleDecision";
import { describeSilence, queryHttp } from "./httpQuery";

const LIMIT_MS = 5000;
const MOST_BYTES = 1024 ** 2;

/** Unloading waits until the GPU's memory is free again. */
const UNLOAD_LIMIT_MS = 30_000;

/** What Ollama has loaded. Source: GET /api/ps. Never throws. */
export async function readLoadedModels(ollamaUrl: string | null): Promise<OllamaReading> {
  if (ollamaUrl === null) return { state: "none" };
  try {
    const { status, body } = await queryHttp(new URL("/api/ps", ollamaUrl).href, {
      limitMs: LIMIT_MS,
      mostBytes: MOST_BYTES,
    });
    if (status !== 200) return { state: "silent", error: `HTTP ${status}` };
    const models = parseModels(body);
    return models === undefined
      ? { state: "silent", error: "its answer has another form" }
      : { state: "answers", models };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") return { state: "stopped" };
    return { state: "silent", error: describeSilence(error) };
  }
}

/** Frees the GPU. @throws Error where Ollama does not do it */
export async function unloadModel(ollamaUrl: string, model: string): Promise<void> {
  const { status, body } = await queryHttp(new URL("/api/generate", ollamaUrl).href, {
    method: "POST",
    body: { model, keep_alive: 0, stream: false },
    limitMs: UNLOAD_LIMIT_MS,
    mostBytes: MOST_BYTES,
  });
  if (status !== 200) throw new Error(`HTTP ${status}: ${body.slice(0, 200)}`);
}

function parseModels(body: string): LoadedModel[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || !Array.isArray(value.models)) return undefined;
  const models: LoadedModel[] = [];
  for (const model of value.models as unknown[]) {
    if (!isRecord(model)) return undefined;
    const { name, expires_at: expiresAt } = model;
    if (typeof name !== "string" || typeof expiresAt !== "string") return undefined;
    models.push({ name, expiresAt });
  }
  return models;
}
