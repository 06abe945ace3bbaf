import { queryHttp } from "../../host/httpQuery";

/** A service said something else than what proves it. */
export class Refusal extends Error {
  readonly fix: string;

  constructor(message: string, fix = "") {
    super(message);
    this.fix = fix === "" ? "" : `${fix}. `;
  }
}

/** What a service is asked: a GET, or a POST where there is a body. */
export interface Question {
  /** secret: in no message */
  readonly token?: string;
  /** sent as JSON */
  readonly body?: unknown;
  /** default 30 s */
  readonly limitMs?: number;
}

export interface Answer {
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

/** A first answer may wait until a large model is in memory. */
export const COMPLETION_LIMIT_MS = 10 * 60_000;

/** A few tokens prove as much as many. */
export const COMPLETION_TOKENS = 16;

/** Lists of models are the longest answers. */
const MOST_BYTES = 16 * 1024 ** 2;

/** Asks a service, by queryHttp: fetch gives up after 5 minutes, whatever time it is allowed. @throws Refusal without an answer */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const { token, body, limitMs = 30_000 } = question;
  const path = new URL(url).pathname;
  try {
    const method = body === undefined ? "GET" : "POST";
    const answer = await queryHttp(url, { method, body, token, limitMs, mostBytes: MOST_BYTES });
    return { path, status: answer.status, text: answer.body };
  } catch (error) {
    throw new Refusal(`${path} does not answer: ${(error as Error).message}`);
  }
}

/** The JSON of a successful answer. @throws Refusal where it is another */
export function readAnswer({ path, status, text }: Answer): unknown {
  if (status < 200 || status > 299)
    throw new Refusal(`${path} answers with HTTP ${status}: ${text.slice(0, 300)}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(`${path} answers with what is no JSON: ${text.slice(0, 300)}`);
  }
}

export async function askJson(url: string, question?: Question): Promise<unknown> {
  return readAnswer(await ask(url, question));
}

/**
 * Whether a completion was refused because the model has none to give: it only embeds.
 * Source: server/routes.go and types/model/capability.go of ollama/ollama; Open WebUI passes the text on.
 */
export function onlyEmbeds({ status, text }: Pick<Answer, "status" | "text">): boolean {
  return status === 400 && /does not support (?:generate|chat|completion)/.test(text);
}

/** @throws Refusal with what is listed instead */
export function expectListed(
  declared: readonly string[],
  listed: readonly string[],
  fix?: string,
): void {
  const absent = declared.filter((name) => !listed.includes(name));
  if (absent.length === 0) return;
  const seen = listed.length === 0 ? "none" : listed.join(", ");
  throw new Refusal(`it does not list ${absent.join(", ")}; it lists ${seen}`, fix);
}

export function secondsSince(started: number): string {
  return ((Date.now() - started) / 1000).toFixed(1);
}
