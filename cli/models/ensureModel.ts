import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { readModelRecord } from "../../host/modelFacts";
import { formatBytes } from "../../plan/quantities";
import type { ModelRecord } from "../../plan/resolve";
import { OllamaClient, type OllamaProgress } from "./ollamaClient";
import type { ServiceAddress } from "./serviceAddress";

export interface EnsureModelInput {
  readonly ollama: ServiceAddress;
  readonly name: string;
  /** `file:PATH` or `pull:REFERENCE` */
  readonly source: string;
  /** of the file; undefined for a pull */
  readonly sha256: string | undefined;
  readonly recordFile: string;
  readonly log: (line: string) => void;
}

/**
 * Makes sure that Ollama has the model, and remembers its digest. A model that is there and has
 * the declared origin is left as it is.
 * @returns the digest of the model's manifest
 */
export async function ensureModel(input: EnsureModelInput): Promise<string> {
  const client = new OllamaClient(input.ollama);
  const origin = input.sha256 === undefined ? input.source : `sha256:${input.sha256}`;
  const present = await client.digest(input.name);
  if (present !== undefined && (await hasOrigin(client, input, origin, present))) {
    input.log(`${input.name} is there already`);
    return remember(input.recordFile, { origin, digest: present });
  }

  if (input.sha256 === undefined) await pullModel(client, input);
  else await createFromFile(client, input, input.sha256);

  const digest = await client.digest(input.name);
  if (digest === undefined)
    throw new Error(`Ollama reported success, but does not list ${input.name}`);
  return remember(input.recordFile, { origin, digest });
}

async function hasOrigin(
  client: OllamaClient,
  input: EnsureModelInput,
  origin: string,
  present: string,
) {
  const record = readModelRecord(input.recordFile);
  if (record?.origin === origin && record.digest === present) return true;
  // Without a record of its own (a new checkout, an older volume) the weights themselves are asked.
  if (input.sha256 !== undefined)
    return (await client.modelfile(input.name)).includes(`sha256-${input.sha256}`);
  return record === undefined;
}

async function createFromFile(
  client: OllamaClient,
  input: EnsureModelInput,
  sha256: string,
): Promise<void> {
  const path = input.source.slice("file:".length);
  const digest = `sha256:${sha256}`;
  if (!(await client.hasBlob(digest))) {
    input.log(`${input.name}: uploading ${path}`);
    await client.uploadBlob(digest, path);
  }
  await client.create(input.name, { [basename(path)]: digest }, reporter(input));
}

async function pullModel(client: OllamaClient, input: EnsureModelInput): Promise<void> {
  const reference = input.source.slice("pull:".length);
  await client.pull(reference, reporter(input));
  if (reference !== input.name) await client.copy(reference, input.name);
}

/** One line for each new step and each further tenth of it. */
function reporter({ name, log }: EnsureModelInput): (progress: OllamaProgress) => void {
  let last = "";
  return ({ status, completed, total }) => {
    const share =
      total !== undefined && total > 0
        ? Math.floor(((completed ?? 0) / total) * 10) * 10
        : undefined;
    const line =
      share === undefined ? `${status}` : `${status}: ${share} % of ${formatBytes(total ?? 0)}`;
    if (line !== last) log(`${name}: ${line}`);
    last = line;
  };
}

function remember(recordFile: string, record: ModelRecord): string {
  mkdirSync(dirname(recordFile), { recursive: true, mode: 0o700 });
  const temporary = `${recordFile}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(temporary, recordFile);
  return record.digest;
}
