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
 * Open WebUI signs its administrator in, reaches both providers, lists their models, and has the first that can complete do so.
 * Source: docs.openwebui.com, API endpoints; backend/open_webui/routers/auths.py and openai.py.
 */
export async function askOpenWebui(input: AnswersInput): Promise<string> {
  const { url, models, providerModels, adminEmail, adminPassword } = input;
  const signedIn = await ask(`${url}/api/v1/auths/signin`, {
    body: { email: adminEmail, password: adminPassword },
  });
  if (signedIn.status === 400 || signedIn.status === 401) return judgeNobody(input);
  const { token } = readAnswer(signedIn) as { token?: string };
  if (token === undefined) throw new Refusal(`${adminEmail} cannot sign in`);
  await expectProvider(input, token);
  const listed = (await askJson(`${url}/api/models`, { token })) as { data: { id: string }[] };
  const names = listed.data.map(({ id }) => id);
  expectListed(
    models,
    names,
    "It does not reach Ollama where OLLAMA_BASE_URLS says, or not in time",
  );
  expectListed(providerModels, names, "It does not list all that LocalAI does");
  for (const model of models) {
    const completed = await complete(url, token, model);
    if (completed !== undefined) return completed;
  }
  return models.length === 0
    ? "signs its administrator in"
    : "signs its administrator in and lists the models, none of which completes";
}

/**
 * The seeded account does not sign in. Whoever has changed its password or its address in the browser is in the right, and
 * nothing is wrong with the service; where there is no account at all, it was never made.
 */
async function judgeNobody({ url, adminEmail }: AnswersInput): Promise<string> {
  const { onboarding = false } = (await askJson(`${url}/api/config`)) as { onboarding?: boolean };
  if (onboarding)
    throw new Refusal(
      `it has no accounts: that of ${adminEmail} was not made at its start`,
      "Whoever opens its pages first would become its administrator. Its log says why WEBUI_ADMIN_EMAIL did not",
    );
  return `is ready; not asked for a completion, since the password or the address of ${adminEmail} is not that of its first start`;
}

/** Asks for LocalAI's list through Open WebUI: its own list of models leaves out a provider that it cannot use, without a word. */
async function expectProvider({ url, provider }: AnswersInput, token: string): Promise<void> {
  if (provider === undefined) return;
  const answer = await ask(`${url}/openai/models/${provider}`, { token });
  if (answer.status === 200) return;
  throw new Refusal(
    `it cannot use LocalAI: ${answer.path} answers with HTTP ${answer.status}: ${answer.text.slice(0, 300)}`,
    "Compare OPENAI_API_BASE_URLS and OPENAI_API_KEYS with LocalAI's address and key",
  );
}

/** @returns undefined where the model only embeds */
async function complete(url: string, token: string, model: string): Promise<string | undefined> {
  const started = Date.now();
  const answer = await ask(`${url}/api/chat/completions`, {
    token,
    body: {
      model,
      messages: [{ role: "user", content: "hello" }],
      stream: false,
      max_tokens: COMPLETION_TOKENS,
    },
    limitMs: COMPLETION_LIMIT_MS,
  });
  if (onlyEmbeds(answer)) return undefined;
  const { usage } = readAnswer(answer) as { usage?: { completion_tokens?: number } };
  const tokens = usage?.completion_tokens ?? 0;
  if (!(tokens > 0)) throw new Refusal(`${model} generated nothing through Open WebUI`);
  return `${model} answered with ${tokens} tokens in ${secondsSince(started)} s`;
}
