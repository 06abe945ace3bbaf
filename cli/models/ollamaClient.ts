import { createReadStream } from "node:fs";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StackError } from "../../plan/errors";
import type { ServiceAddress } from "./serviceAddress";

/** A line of the progress that Ollama streams while it pulls or creates. */
export interface OllamaProgress {
  readonly status?: string;
  readonly total?: number;
  readonly completed?: number;
  readonly error?: string;
}

/** Ollama's HTTP API, as far as models need it. Source: docs/api.md of ollama/ollama. */
export class OllamaClient {
  readonly #address: ServiceAddress;

  constructor(address: ServiceAddress) {
    this.#address = address;
  }

  /** Digest of the model's manifest, or undefined where Ollama does not have it. */
  async digest(model: string): Promise<string | undefined> {
    const { models } = (await this.#json("GET", "/api/tags")) as {
      models: { name: string; digest: string }[];
    };
    return models.find(({ name }) => name === model)?.digest;
  }

  /** The model's file as Ollama would write it; its FROM line names the blob of the weights. */
  async modelfile(model: string): Promise<string> {
    return ((await this.#json("POST", "/api/show", { model })) as { modelfile: string }).modelfile;
  }

  async hasBlob(digest: string): Promise<boolean> {
    const response = await this.#send("HEAD", `/api/blobs/${digest}`);
    response.resume();
    return response.statusCode === 200;
  }

  /** Uploads a file; Ollama refuses it where its content has another digest. */
  async uploadBlob(digest: string, path: string): Promise<void> {
    await this.#expectSuccess(
      await this.#send("POST", `/api/blobs/${digest}`, createReadStream(path)),
    );
  }

  async create(
    model: string,
    files: Record<string, string>,
    report: (progress: OllamaProgress) => void,
  ) {
    await this.#stream("/api/create", { model, files }, report);
  }

  async pull(model: string, report: (progress: OllamaProgress) => void): Promise<void> {
    await this.#stream("/api/pull", { model }, report);
  }

  async copy(source: string, destination: string): Promise<void> {
    await this.#expectSuccess(
      await this.#send("POST", "/api/copy", JSON.stringify({ source, destination })),
    );
  }

  async #json(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.#send(
      method,
      path,
      body === undefined ? undefined : JSON.stringify(body),
    );
    return JSON.parse(await this.#expectSuccess(response));
  }

  async #stream(
    path: string,
    body: unknown,
    report: (progress: OllamaProgress) => void,
  ): Promise<void> {
    const response = await this.#send("POST", path, JSON.stringify(body));
    if (response.statusCode !== 200) await this.#expectSuccess(response);
    let last: OllamaProgress = {};
    try {
      for await (const line of createInterface({ input: response })) {
        if (line.trim() === "") continue;
        last = JSON.parse(line) as OllamaProgress;
        if (last.error !== undefined) break;
        report(last);
      }
    } catch (error) {
      // The connection was cut; what had come by then is told below.
      if ((error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
    }
    if (last.error !== undefined) throw this.#refused(last.error);
    // A stream that ends before "success" was cut off: by a restart, or by a full disk.
    if (last.status !== "success")
      throw this.#refused(`it broke off after "${last.status ?? "nothing"}"`);
  }

  async #expectSuccess(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    if ((response.statusCode ?? 0) >= 300)
      throw this.#refused(errorOf(text) ?? `HTTP ${response.statusCode}`);
    return text;
  }

  // node:http in place of fetch: an upload or a pull may take hours, and fetch gives up after 5 minutes without an answer.
  #send(method: string, path: string, body?: string | Readable): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options: RequestOptions = { method, agent: false };
      const sent = request(new URL(path, this.#address.url), options, resolve);
      sent.on("error", (error) =>
        reject(
          new StackError([
            { what: `Ollama does not answer: ${error.message}`, where: this.#address.hostUrl },
          ]),
        ),
      );
      if (body === undefined || typeof body === "string") sent.end(body);
      else pipeline(body, sent).catch(reject);
    });
  }

  #refused(message: string): StackError {
    const fix = `See its log with: docker logs ${this.#address.container}`;
    return new StackError([{ what: `Ollama refused: ${message}`, fix }]);
  }
}

function errorOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: string }).error;
  } catch {
    return text.trim() === "" ? undefined : text.trim();
  }
}
