import { setTimeout as sleep } from "node:timers/promises";
import { readLocalaiRecord, writeLocalaiRecord } from "../../host/localaiFacts";
import { OperationError } from "../../plan/errors";
import {
  isInstalled,
  isOfOtherOrigin,
  type LocalaiSpec,
  localaiOrigin,
  localaiRequest,
} from "../../plan/localaiModels";
import { LocalaiClient, type LocalaiJob } from "./localaiClient";
import type { ServiceAddress } from "./serviceAddress";

export interface EnsureLocalaiInput extends ServiceAddress {
  readonly spec: LocalaiSpec;
  /** secret: in no message */
  readonly apiKey: string;
  readonly recordFile: string;
  readonly log: (line: string) => void;
  /** milliseconds between two questions for a job */
  readonly pollMs?: number;
}

const POLL_MS = 500;

/**
 * Makes sure that LocalAI has a model or a backend, and remembers what it was installed from. What is there and was
 * not installed from somewhere else is left as it is.
 * @returns what it was installed from
 */
export async function ensureLocalai(input: EnsureLocalaiInput): Promise<string> {
  const { spec, recordFile, log } = input;
  const client = new LocalaiClient(input, input.apiKey);
  const origin = localaiOrigin(spec);
  const facts = await client.facts();
  const present = isInstalled(spec, facts);
  if (present && !isOfOtherOrigin(spec, facts, readLocalaiRecord(recordFile))) {
    log(`${spec.name} is there already`);
  } else {
    await follow(client, await client.install(localaiRequest(spec, present)), input);
    await expectInstalled(client, spec);
  }
  writeLocalaiRecord(recordFile, origin);
  return origin;
}

/** Asks for the job until it has ended, with one line for each step and each further tenth of a file. */
async function follow(
  client: LocalaiClient,
  path: string,
  { spec, log, pollMs = POLL_MS }: EnsureLocalaiInput,
): Promise<void> {
  let last = "";
  while (true) {
    const job = await client.job(path);
    if (job.error !== undefined || job.cancelled)
      throw failed(spec, job.error ?? "it was cancelled");
    const line = describe(job);
    if (line !== last) log(`${spec.name}: ${line}`);
    last = line;
    if (job.processed) return;
    await sleep(pollMs);
  }
}

function describe({ processed, message, file_name, file_size, progress }: LocalaiJob): string {
  if (processed || file_name === "") return message;
  return `${file_name}: ${Math.floor(progress / 10) * 10} % of ${file_size}`;
}

async function expectInstalled(client: LocalaiClient, spec: LocalaiSpec): Promise<void> {
  const facts = await client.facts();
  if (isInstalled(spec, facts)) return;
  const listed = spec.kind === "backend" ? facts.backends : facts.models;
  throw new OperationError([
    {
      what: `LocalAI installed ${spec.kind} ${spec.name}, but does not list it under that name; it lists ${listed.join(", ") || "none"}`,
      where: `aistack:localai.${spec.kind}s`,
      fix: "Declare it by the name that is listed",
    },
  ]);
}

function failed({ kind, name, from }: LocalaiSpec, reason: string): OperationError {
  return new OperationError([
    {
      what: `LocalAI could not install ${kind} ${name}: ${reason}`,
      where: `aistack:localai.${kind}s`,
      fix:
        from === undefined
          ? "Check its name against LocalAI's gallery, and that the host reaches it"
          : "Check the address, and that the host reaches it",
    },
  ]);
}
