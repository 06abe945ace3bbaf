import { queryHttp } from "../../host/httpQuery";
import type { ServicePlan, StackPlan } from "../../plan/plan";
import { MODEL_SERVICE } from "../../plan/wiring";
import { isRecord } from "../../plan/yamlDocument";

/** A model that is declared, or that Ollama has: a contract with scripts, described in docs/cli.md. */
export interface ListedModel {
  readonly name: string;
  readonly declared: boolean;
  /** `file:PATH` or `pull:REFERENCE`; null where the model is not declared */
  readonly source: string | null;
  readonly present: boolean;
  readonly digest: string | null;
  readonly sizeBytes: number | null;
  readonly loaded: boolean;
  /** of a loaded model: all of its memory, and the part of it on the GPU */
  readonly memoryBytes: number | null;
  readonly vramBytes: number | null;
}

const LIMIT_MS = 3_000;
const MOST_BYTES = 16 * 1024 ** 2;

/** The service that keeps the models; undefined where the stack has none. */
export function modelService(plan: StackPlan): ServicePlan | undefined {
  return plan.services.find(({ name }) => name === MODEL_SERVICE);
}

/**
 * Declared models in declared order, then those that Ollama has besides.
 * @param url Ollama's, as it is reached from here
 * @returns undefined where Ollama does not answer within three seconds
 */
export async function listModels(plan: StackPlan, url: string): Promise<ListedModel[] | undefined> {
  const [present, loaded] = await Promise.all([
    askForModels(`${url}/api/tags`),
    askForModels(`${url}/api/ps`),
  ]);
  if (present === undefined || loaded === undefined) return undefined;
  return joinModels(plan, present, loaded);
}

/** Source: docs/api.md of ollama/ollama, GET /api/tags and GET /api/ps. */
export function joinModels(
  plan: Pick<StackPlan, "models">,
  present: readonly Record<string, unknown>[],
  loaded: readonly Record<string, unknown>[],
): ListedModel[] {
  const names = new Set([
    ...plan.models.map(({ name }) => name),
    ...present.map(({ name }) => String(name)).sort(),
  ]);
  return [...names].map((name) => {
    const declared = plan.models.find((model) => model.name === name);
    const there = present.find((model) => model.name === name);
    const inMemory = loaded.find((model) => model.name === name);
    return {
      name,
      declared: declared !== undefined,
      source: declared === undefined ? null : sourceOf(declared.source),
      present: there !== undefined,
      digest: typeof there?.digest === "string" ? there.digest : null,
      sizeBytes: numberOf(there?.size),
      loaded: inMemory !== undefined,
      memoryBytes: numberOf(inMemory?.size),
      vramBytes: numberOf(inMemory?.size_vram),
    };
  });
}

function sourceOf(source: StackPlan["models"][number]["source"]): string {
  return source.kind === "file" ? `file:${source.path}` : `pull:${source.reference}`;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

async function askForModels(url: string): Promise<Record<string, unknown>[] | undefined> {
  try {
    const { status, body } = await queryHttp(url, { limitMs: LIMIT_MS, mostBytes: MOST_BYTES });
    const answer: unknown = JSON.parse(body);
    if (status !== 200 || !isRecord(answer)) return undefined;
    return Array.isArray(answer.models) ? answer.models.filter(isRecord) : [];
  } catch {
    return undefined;
  }
}
