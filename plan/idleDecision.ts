import type { AgentConfig } from "./agentConfig";
import type { GpuReading } from "./heartbeat";
import { type CpuTimes, cpuUsedPercent } from "./hostLoad";
import type { LoginSession } from "./loginSession";

/** What one look at the host saw that tells whether anybody uses it. */
export interface IdleObservation {
  readonly cpu: CpuTimes | null;
  readonly gpu: GpuReading;
  readonly ollama: OllamaReading;
  /** to services that infer */
  readonly connections: readonly ServiceConnection[];
  readonly sessions: readonly LoginSession[];
  /** number of connections to the SSH port */
  readonly sshConnections: number;
}

export type OllamaReading =
  /** `none`: the stack has no Ollama; `stopped`: nothing listens, so nothing is asked of it */
  | { readonly state: "none" | "stopped" }
  | { readonly state: "silent"; readonly error: string }
  | { readonly state: "answers"; readonly models: readonly LoadedModel[] };

export interface LoadedModel {
  readonly name: string;
  /** when it is unloaded unless it is used: Ollama moves it at the end of each request */
  readonly expiresAt: string;
}

export interface ServiceConnection {
  readonly service: string;
  readonly peer: string;
}

/** What is kept from one look to the next, and told to people: idle.json. */
export interface IdleRecord {
  readonly time: string;
  readonly idle: boolean;
  /** null: busy, or just suspended */
  readonly idleSince: string | null;
  /** why the host is busy, or for how long it has been idle and what keeps it from being suspended */
  readonly reasons: readonly string[];
  /** what was done about it */
  readonly actions: readonly string[];
  readonly observed: IdleObservation;
}

/** What a look at the host comes to. */
export interface IdleDecision {
  readonly record: IdleRecord;
  /** models to unload now */
  readonly unload: readonly string[];
  /** once the models are unloaded */
  readonly suspend: boolean;
}

/** A desktop keeps a GPU at a few percent; inference far above. */
const BUSY_GPU_PERCENT = 5;

/** Daemons of a host at rest stay far below; inference on the CPU takes half of the CPUs and more. */
const BUSY_CPU_PERCENT = 20;

/** After a longer time without a look (the host slept, or was off) the earlier one tells nothing. */
const LONGEST_GAP_MS = 5 * 60_000;

/** Ollama takes some seconds to unload a model that has expired; one that stays is in use. */
const UNLOADING_MS = 30_000;

/**
 * Decides whether the host is idle, for how long it has been, and what is due.
 * @param previous what the look before came to
 */
export function decideIdle(
  observed: IdleObservation,
  previous: IdleRecord | undefined,
  policy: AgentConfig["idle"],
  now: Date,
): IdleDecision {
  const before = previous !== undefined && isRecent(previous, now) ? previous : undefined;
  const busy = reasonsToBeBusy(observed, before?.observed, now);
  const time = now.toISOString();
  if (busy.length > 0) {
    const record = { time, idle: false, idleSince: null, reasons: busy, actions: [], observed };
    return { record, unload: [], suspend: false };
  }
  const idleSince = before?.idleSince ?? time;
  const minutes = Math.floor((now.getTime() - Date.parse(idleSince)) / 60_000);
  const due = policy.enabled && minutes >= policy.afterMinutes;
  const unload =
    due && policy.unloadModels && observed.ollama.state === "answers"
      ? observed.ollama.models.map(({ name }) => name)
      : [];
  const maySuspend = due && policy.suspend;
  const doubts = maySuspend ? doubtsToSuspend(observed, before?.observed) : [];
  const reasons = [
    `idle for ${minutes} of ${policy.afterMinutes} minutes`,
    ...doubts.map((doubt) => `not suspended: ${doubt}`),
  ];
  return {
    record: { time, idle: true, idleSince, reasons, actions: [], observed },
    unload,
    suspend: maySuspend && doubts.length === 0,
  };
}

function isRecent(record: IdleRecord, now: Date): boolean {
  const age = now.getTime() - Date.parse(record.time);
  return age >= 0 && age <= LONGEST_GAP_MS;
}

function reasonsToBeBusy(
  seen: IdleObservation,
  before: IdleObservation | undefined,
  now: Date,
): string[] {
  return [
    ...gpuReasons(seen.gpu),
    ...cpuReasons(seen.cpu, before?.cpu ?? null),
    ...modelReasons(seen.ollama, before?.ollama, now),
    ...connectionReasons(seen.connections, before?.connections ?? []),
    ...seen.sessions.map(
      ({ user, type, from }) =>
        `${user} is signed in (${from === null ? type : `${type} from ${from}`})`,
    ),
    ...(seen.sshConnections === 0 ? [] : [`SSH connections: ${seen.sshConnections}`]),
  ];
}

/**
 * What cannot be read may be at work. Models are unloaded all the same, since Ollama itself tells whether it
 * uses them, and loads them again at the next request; a host is not put to sleep out of ignorance.
 */
function doubtsToSuspend(seen: IdleObservation, before: IdleObservation | undefined): string[] {
  return [
    ...gpuDoubts(seen.gpu),
    ...(cpuUse(seen.cpu, before?.cpu ?? null) === null ? ["the use of the CPUs is not known"] : []),
  ];
}

function gpuDoubts({ vendor, error, gpus }: GpuReading): string[] {
  if (vendor === "none") return [];
  if (error !== null) return [`the GPUs (${vendor}) cannot be read: ${error}`];
  if (gpus.length === 0) return [`no GPU (${vendor}) is listed`];
  // A partitioned one (MIG) has no use as a whole.
  return gpus
    .filter(({ utilizationPercent }) => utilizationPercent === null)
    .map(({ index }) => `GPU ${index} does not tell its use`);
}

function gpuReasons({ gpus }: GpuReading): string[] {
  return gpus
    .filter(({ utilizationPercent }) => (utilizationPercent ?? 0) >= BUSY_GPU_PERCENT)
    .map(({ index, utilizationPercent }) => `GPU ${index} computes (${utilizationPercent} %)`);
}

function cpuReasons(now: CpuTimes | null, before: CpuTimes | null): string[] {
  const used = cpuUse(now, before);
  return used === null || used < BUSY_CPU_PERCENT ? [] : [`the CPUs compute (${used} %)`];
}

/** In percent; null where it cannot be told. */
function cpuUse(now: CpuTimes | null, before: CpuTimes | null): number | null {
  return now === null || before === null ? null : cpuUsedPercent(before, now);
}

/**
 * Ollama counts no requests, but it moves a model's expiry at the end of each, and does not unload a
 * model that has expired before its request is done (server/sched.go).
 */
function modelReasons(seen: OllamaReading, before: OllamaReading | undefined, now: Date): string[] {
  if (seen.state === "silent") return [`Ollama does not answer: ${seen.error}`];
  if (seen.state !== "answers") return [];
  const earlier =
    before?.state === "answers"
      ? new Map(before.models.map(({ name, expiresAt }) => [name, expiresAt]))
      : undefined;
  return seen.models.flatMap(({ name, expiresAt }) => {
    if (now.getTime() - Date.parse(expiresAt) > UNLOADING_MS)
      return [`model ${name} is at work on a request`];
    if (earlier !== undefined && earlier.get(name) !== expiresAt)
      return [`model ${name} was used since the last look`];
    return [];
  });
}

/** A connection that lasts from one look to the next: a probe's or a health check's is gone by then. */
function connectionReasons(
  seen: readonly ServiceConnection[],
  before: readonly ServiceConnection[],
): string[] {
  return seen
    .filter(({ service, peer }) =>
      before.some((other) => other.service === service && other.peer === peer),
    )
    .map(({ service, peer }) => `${peer} is connected to ${service}`);
}
