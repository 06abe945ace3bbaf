import { CHAT_SERVICE, MODEL_SERVICE, OPENAI_SERVICE } from "../../plan/wiring";
import { gateError } from "./gateError";
import { askOllama } from "./ollamaAnswers";
import { askOpenWebui } from "./openwebuiAnswers";
import { ask, askJson, expectListed, Refusal } from "./question";
import type { GateTarget } from "./target";

/** What a service is asked, once it serves. */
export interface AnswersInput extends GateTarget {
  /** name of the service in the Compose files; decides what is asked */
  readonly service: string;
  /** declared models, with their tags; the first one that can is asked for a completion */
  readonly models: readonly string[];
  /** which of Open WebUI's OpenAI connections is LocalAI, counted from 0; undefined: none */
  readonly provider: number | undefined;
  /** models declared to LocalAI, which Open WebUI is to list as well */
  readonly providerModels: readonly string[];
  readonly adminEmail: string;
  /** secrets: in no message */
  readonly adminPassword: string;
  readonly apiKey: string;
}

/**
 * Asks a service for what it is there for: its list of models, and a completion where a model is declared.
 * @returns what it answered, on one line, for people
 * @throws OperationError, with the service's last log lines, where it does not
 */
export async function proveAnswers(input: AnswersInput): Promise<string> {
  const prove = PROOFS[input.service];
  if (prove === undefined) return "ready";
  try {
    return await prove(input);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw await gateError(input, error.message, error.fix);
  }
}

const PROOFS: Readonly<Record<string, (input: AnswersInput) => Promise<string>>> = {
  [MODEL_SERVICE]: askOllama,
  [CHAT_SERVICE]: askOpenWebui,
  [OPENAI_SERVICE]: askLocalai,
};

/** Source: core/http/routes/openai.go of mudler/LocalAI. */
async function askLocalai({ url, models, apiKey }: AnswersInput): Promise<string> {
  const open = await ask(`${url}/v1/models`);
  if (open.status !== 401)
    throw new Refusal(
      `it answers without a key (HTTP ${open.status} instead of 401)`,
      "See whether the image takes LOCALAI_API_KEY",
    );
  const listed = (await askJson(`${url}/v1/models`, { token: apiKey })) as {
    data: { id: string }[];
  };
  expectListed(
    models,
    listed.data.map(({ id }) => id),
  );
  return `lists ${listed.data.length} models`;
}
