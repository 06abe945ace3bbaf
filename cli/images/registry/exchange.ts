import { setTimeout as sleep } from "node:timers/promises";
import { isLoopback } from "../../../plan/imageLocation";
import { RegistryFault } from "./fault";

/** One question to a registry or to what issues its tokens. */
export interface Question {
  readonly url: string;
  readonly method: "GET" | "HEAD" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** How long is waited for what. */
export interface Patience {
  /** for a whole answer */
  readonly answerMs: number;
  /** the longest wait that a registry may ask for */
  readonly retryAfterMs: number;
}

export const PATIENCE: Patience = { answerMs: 20_000, retryAfterMs: 60_000 };

/** The distribution specification lets a registry refuse larger manifests; none is. */
const LARGEST_BODY = 4 * 1024 ** 2;

const MOST_REDIRECTS = 5;

/**
 * Asks once, and once more where the registry says "too many requests" and when to come back.
 * @throws RegistryFault where there is no answer, or one that says that the server is at fault
 */
export async function exchange(question: Question, patience: Patience): Promise<Answer> {
  let answer = await follow(question, patience);
  if (answer.status === 429) {
    const wait = retryAfterMs(answer.headers.get("retry-after"));
    if (wait !== undefined && wait <= patience.retryAfterMs) {
      await sleep(wait);
      answer = await follow(question, patience);
    }
  }
  const { host } = new URL(question.url);
  if (answer.status === 429) {
    throw new RegistryFault(
      "unreachable",
      `${host} answers that there were too many requests`,
      "Wait and run it again; docker login raises the limit of some registries",
    );
  }
  if (answer.status >= 500)
    throw unreachable(host, `it answers with HTTP ${answer.status}`, undefined);
  return answer;
}

/** Seconds or a date (RFC 9110, section 10.2.3); undefined where it is neither. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Credentials, of which a body is one, go to nobody but the server that they are for, and nothing goes from TLS to plain text. */
async function follow(question: Question, patience: Patience): Promise<Answer> {
  let url = new URL(question.url);
  let headers = { ...question.headers };
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const answer = await ask({ ...question, url: url.href, headers }, patience);
    const location = answer.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === null) return answer;
    const next = new URL(location, url);
    const plain = next.protocol === "http:" && isLoopback(url.host) && isLoopback(next.host);
    if (next.protocol !== "https:" && !plain) {
      throw new RegistryFault(
        "invalid",
        `${url.host} sends on to ${next.protocol}//${next.host}, which is not encrypted`,
        "Tell whoever runs the registry",
      );
    }
    if (next.origin !== url.origin) {
      if (question.body !== undefined) {
        throw new RegistryFault(
          "invalid",
          `${url.host} sends a sign-in on to ${next.host}, for which it is not`,
          "Tell whoever runs the registry",
        );
      }
      const { authorization: _, ...others } = headers as Record<string, string>;
      headers = others;
    }
    url = next;
  }
  throw new RegistryFault(
    "invalid",
    `${url.host} sends on and on`,
    "Tell whoever runs the registry",
  );
}

async function ask(question: Question, { answerMs }: Patience): Promise<Answer> {
  const { host } = new URL(question.url);
  try {
    const response = await fetch(question.url, {
      method: question.method,
      // A digest is one of the bytes as they are stored.
      headers: { "accept-encoding": "identity", ...question.headers },
      ...(question.body === undefined ? {} : { body: question.body }),
      redirect: "manual",
      signal: AbortSignal.timeout(answerMs),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: await readBody(response, host),
    };
  } catch (error) {
    if (error instanceof RegistryFault) throw error;
    const { name, message, cause } = error as Error;
    const late = name === "TimeoutError" || name === "AbortError";
    const reason = cause instanceof Error ? cause.message || String(cause) : message;
    throw unreachable(host, late ? `nothing came within ${answerMs / 1000} s` : reason, error);
  }
}

async function readBody(response: Response, host: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      throw new RegistryFault(
        "invalid",
        `${host} answers with more than ${LARGEST_BODY} bytes, which no manifest has`,
        "Tell whoever runs the registry",
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function unreachable(host: string, reason: string, cause: unknown): RegistryFault {
  return new RegistryFault(
    "unreachable",
    `${host} does not answer: ${reason}`,
    "Run it again once the registry answers",
    { cause },
  );
}
