import { fetchDirectly } from "../../host/fetchDirectly";
import { OperationError } from "../../plan/errors";
import { describeGpuUse, type GpuUse, readGpuUse } from "../../plan/gpuUse";
import type { GateTarget } from "./target";

/** The service is Ollama. */
export interface GpuUseInput extends GateTarget {
  readonly model: string;
  /** false: a model on the CPU is a warning */
  readonly required: boolean;
  readonly log: (line: string) => void;
}

/** A large model on a slow disk. */
const LOAD_LIMIT_MS = 20 * 60_000;

/**
 * Confirms that a model computes on the GPU, which neither the engine nor a container that sees its GPUs can
 * tell: Ollama falls back to the CPU without a word. A model that is not loaded is loaded.
 * @returns where it computes, for people
 * @throws OperationError where it is on the CPU and must not be
 */
export async function confirmGpuUse(input: GpuUseInput): Promise<string> {
  const use = (await look(input)) ?? (await load(input));
  const told = describeGpuUse(use);
  if (use.vramBytes > 0) return told;
  if (!input.required) {
    input.log(`warning: ${told}`);
    return told;
  }
  throw new OperationError([
    {
      what: told,
      where: input.container,
      fix: `See what it found at its start with: docker logs ${input.container} 2>&1 | grep -i -e gpu -e cuda -e rocm`,
    },
  ]);
}

async function look({ url, model }: GpuUseInput): Promise<GpuUse | undefined> {
  const { text } = expectSuccess(await send(`${url}/api/ps`));
  return readGpuUse(JSON.parse(text), model);
}

async function load(input: GpuUseInput): Promise<GpuUse> {
  const { url, model } = input;
  // A request without a prompt loads the model and no more. One that only embeds is refused, and loaded by an embedding.
  const answer = await send(`${url}/api/generate`, { model, stream: false });
  expectSuccess(
    answer.status === 400 ? await send(`${url}/api/embed`, { model, input: "hello" }) : answer,
  );
  const use = await look(input);
  if (use !== undefined) return use;
  throw refusal(input.url, `Ollama loaded ${model}, but does not list it as loaded`, {
    fix: `See its log with: docker logs ${input.container}`,
  });
}

interface Answer {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

async function send(url: string, body?: unknown): Promise<Answer> {
  try {
    const response = await fetchDirectly(url, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(LOAD_LIMIT_MS),
    });
    return { url, status: response.status, text: await response.text() };
  } catch (error) {
    const { message, cause } = error as Error;
    throw refusal(url, `no answer: ${cause instanceof Error ? cause.message : message}`);
  }
}

function expectSuccess(answer: Answer): Answer {
  if (answer.status === 200) return answer;
  throw refusal(answer.url, `HTTP ${answer.status}: ${answer.text.slice(0, 300)}`);
}

function refusal(where: string, what: string, remedy: { fix?: string } = {}): OperationError {
  return new OperationError([{ what, where, ...remedy }]);
}
