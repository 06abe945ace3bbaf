import { type HttpAnswer, queryHttp } from "../../host/httpQuery";
import { OperationError } from "../../plan/errors";
import type { LocalaiFacts, LocalaiRequest } from "../../plan/localaiModels";
import { readLocalaiFacts } from "../../plan/localaiModels";
import type { ServiceAddress } from "./serviceAddress";

/** How far LocalAI has come with an installation. Source: core/services/galleryop/operation.go of mudler/LocalAI. */
export interface LocalaiJob {
  readonly processed: boolean;
  readonly message: string;
  /** percent */
  readonly progress: number;
  readonly file_name: string;
  readonly file_size: string;
  readonly error?: string;
  readonly cancelled: boolean;
}

/** No answer of these takes long: what does, LocalAI does on its own. */
const LIMIT_MS = 60_000;
const MOST_BYTES = 16 * 1024 ** 2;

/** LocalAI's HTTP API, as far as installing goes. */
export class LocalaiClient {
  readonly #address: ServiceAddress;
  readonly #apiKey: string;
  readonly #limitMs: number;

  constructor(address: ServiceAddress, apiKey: string, limitMs = LIMIT_MS) {
    this.#address = address;
    this.#apiKey = apiKey;
    this.#limitMs = limitMs;
  }

  /** @throws OperationError where LocalAI does not answer as it should */
  async facts(): Promise<LocalaiFacts> {
    const [models, backends] = await Promise.all([this.#get("/v1/models"), this.#get("/backends")]);
    const facts = readLocalaiFacts(models, backends);
    if (facts === undefined)
      throw this.#refused("its lists of models and backends are of no known form");
    return facts;
  }

  /**
   * Has something installed.
   * @returns the path at which its job is asked for
   */
  async install({ path, body }: LocalaiRequest): Promise<string> {
    // Models answer with `uuid`, backends with `id`. The address beside it is as the server sees itself, which from here,
    // behind a port or a tunnel, may be another.
    const { uuid, id = uuid } = (await this.#send(path, body)) as { uuid?: string; id?: string };
    if (id === undefined) throw this.#refused(`${path} names no job`);
    return `/${path.split("/")[1]}/jobs/${id}`;
  }

  async job(path: string): Promise<LocalaiJob> {
    return (await this.#get(path)) as LocalaiJob;
  }

  async #get(path: string): Promise<unknown> {
    return this.#send(path, undefined);
  }

  async #send(path: string, body: unknown): Promise<unknown> {
    let answer: HttpAnswer;
    try {
      answer = await queryHttp(new URL(path, this.#address.url).href, {
        method: body === undefined ? "GET" : "POST",
        body,
        token: this.#apiKey,
        limitMs: this.#limitMs,
        mostBytes: MOST_BYTES,
      });
    } catch (error) {
      throw this.#error(`LocalAI does not answer: ${(error as Error).message}`);
    }
    const { status } = answer;
    if (status === 401)
      throw this.#error("LocalAI refuses its key: it was started with another one");
    if (status < 200 || status > 299)
      throw this.#refused(errorOf(answer.body) ?? `${path}: HTTP ${status}`);
    try {
      return JSON.parse(answer.body);
    } catch {
      throw this.#refused(`${path} answers with what is no JSON`);
    }
  }

  #refused(message: string): OperationError {
    return this.#error(`LocalAI refused: ${message}`);
  }

  #error(what: string): OperationError {
    const { container, hostUrl } = this.#address;
    const fix = `See its log with: docker logs ${container}`;
    return new OperationError([{ what, where: hostUrl, fix }]);
  }
}

/** OpenAI's form of an error, or LocalAI's own where an import is ambiguous. */
function errorOf(text: string): string | undefined {
  try {
    const { error, detail, hint } = JSON.parse(text) as {
      error?: string | { message?: string };
      detail?: string;
      hint?: string;
    };
    if (typeof error === "object") return error.message;
    return [detail ?? error, hint].filter((part) => part !== undefined).join(". ") || undefined;
  } catch {
    return undefined;
  }
}
