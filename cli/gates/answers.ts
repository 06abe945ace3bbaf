import { fetchDirectly } from "../../host/fetchDirectly";
import { CHAT_SERVICE, MODEL_SERVICE, OPENAI_SERVICE } from "../../plan/wiring";
import { gateError } from "./gateError";
import type { GateTarget } from "./target";

/** What a service is asked, once it serves. */
export interface AnswersInput extends GateTarget {
  /** name of the service in the Compose files; decides what is asked */
  readonly service: string;
  /** declared models, with their tags; the first one is asked for a completion */
  readonly models: readonly string[];
  readonly adminEmail: string;
  /** secrets: in no message */
  readonly adminPassword: string;
  readonly apiKey: string;
}

/** A first answer may wait until a large model is in memory. */
const COMPLETION_LIMIT_MS = 10 * 60_000;

/** A few tokens prove as much as many. */
const TOKENS = 16;

/**
 * Asks a service for what it is there for: its list of models, and a completion where a model is declared.
 * @returns what it answered, on one line, for people
 * @throws OperationError, with the service's last log lines, where it does not
 */
export async function proveAnswers(input: AnswersInput): Promise<string> {
  const ask = PROOFS[input.service];
  if (ask === undefined) return "ready";
  try {
    return await ask(input);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw await gateError(input, error.message, error.fix);
  }
}

/** A service said something else than what proves it. */
class Refusal extends Error {
  readonly fix: string;

  constructor(message: string, fix = "") {
    super(message);
    this.fix = fix === "" ? "" : `${fix}. `;
  }
}

const PROOFS: Readonly<Record<string, (input: AnswersInput) => Promise<string>>> = {
  [MODEL_SERVICE]: askOllama,
  [CHAT_SERVICE]: askOpenWebui,
  [OPENAI_SERVICE]: askLocalai,
};

/** Source: docs/api.md of ollama/ollama. */
async function askOllama({ url, models }: AnswersInput): Promise<string> {
  const listed = (await call(`${url}/api/tags`)) as { models: { name: string }[] };
  const names = listed.models.map(({ name }) => name);
  expectListed(models, names);
  const [model] = models;
  if (model === undefined) return "lists its models";
  const started = Date.now();
  const answer = (await call(`${url}/api/generate`, {
    body: { model, prompt: "hello", stream: false, options: { num_predict: TOKENS } },
    limitMs: COMPLETION_LIMIT_MS,
  })) as { eval_count?: number };
  if (!((answer.eval_count ?? 0) > 0)) throw new Refusal(`${model} generated nothing`);
  return `${model} answered with ${answer.eval_count} tokens in ${secondsSince(started)} s`;
}

/** Source: docs.openwebui.com, API endpoints; backend/open_webui/routers/auths.py. */
async function askOpenWebui(input: AnswersInput): Promise<string> {
  const { url, models, adminEmail, adminPassword } = input;
  const signedIn = await send(`${url}/api/v1/auths/signin`, {
    body: { email: adminEmail, password: adminPassword },
  });
  // Whoever changes the password in the browser is in the right: nothing is wrong with the service.
  if (signedIn.status === 400 || signedIn.status === 401)
    return `is ready; not asked for a completion, since ${adminEmail} no longer signs in with the generated password`;
  const { token } = (await bodyOf(signedIn)) as { token?: string };
  if (token === undefined) throw new Refusal(`${adminEmail} cannot sign in`);
  const listed = (await call(`${url}/api/models`, { token })) as { data: { id: string }[] };
  expectListed(
    models,
    listed.data.map(({ id }) => id),
  );
  const [model] = models;
  if (model === undefined) return "signs its administrator in";
  const started = Date.now();
  const answer = (await call(`${url}/api/chat/completions`, {
    token,
    body: {
      model,
      messages: [{ role: "user", content: "hello" }],
      stream: false,
      max_tokens: TOKENS,
    },
    limitMs: COMPLETION_LIMIT_MS,
  })) as { usage?: { completion_tokens?: number } };
  const tokens = answer.usage?.completion_tokens ?? 0;
  if (!(tokens > 0)) throw new Refusal(`${model} generated nothing through Open WebUI`);
  return `${model} answered with ${tokens} tokens in ${secondsSince(started)} s`;
}

/** Source: core/http/routes/openai.go of mudler/LocalAI. */
async function askLocalai({ url, models, apiKey }: AnswersInput): Promise<string> {
  const open = await send(`${url}/v1/models`, {});
  if (open.status !== 401)
    throw new Refusal(
      `it answers without a key (HTTP ${open.status} instead of 401)`,
      "See whether the image takes LOCALAI_API_KEY",
    );
  const listed = (await call(`${url}/v1/models`, { token: apiKey })) as { data: { id: string }[] };
  expectListed(
    models,
    listed.data.map(({ id }) => id),
  );
  return `lists ${listed.data.length} models`;
}

function expectListed(declared: readonly string[], listed: readonly string[]): void {
  const absent = declared.filter((name) => !listed.includes(name));
  if (absent.length === 0) return;
  const seen = listed.length === 0 ? "none" : listed.join(", ");
  throw new Refusal(`it does not list ${absent.join(", ")}; it lists ${seen}`);
}

interface Request {
  readonly token?: string;
  readonly body?: unknown;
  readonly limitMs?: number;
}

async function call(url: string, request: Request = {}): Promise<unknown> {
  return bodyOf(await send(url, request));
}

async function send(url: string, { token, body, limitMs = 30_000 }: Request): Promise<Response> {
  try {
    return await fetchDirectly(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(limitMs),
    });
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new Refusal(`${new URL(url).pathname} does not answer: ${reason}`);
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  const path = new URL(response.url).pathname;
  if (!response.ok)
    throw new Refusal(`${path} answers with HTTP ${response.status}: ${text.slice(0, 300)}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(`${path} answers with what is no JSON: ${text.slice(0, 300)}`);
  }
}

function secondsSince(started: number): string {
  return ((Date.now() - started) / 1000).toFixed(1);
}
