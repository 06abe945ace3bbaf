import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import type Docker from "dockerode";
import type { ServicePlan } from "../../plan/plan";
import { askEngine, findInEngine, toUserError } from "../docker/engineErrors";
import { MessageLines } from "./messageLines";
import { RawMessages } from "./rawMessages";

/** A line that a service has logged. */
export interface LogLine {
  /** when the engine took it, ISO 8601 with nanoseconds */
  readonly time: string;
  readonly service: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface LogRequest {
  /** how many lines of each service; undefined: all */
  readonly tail: number | undefined;
  /** go on until the signal, or until every container has ended */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Reads services' logs. Without `follow` all lines are told in the order of their times; with it as they come.
 * @returns names of services that have no container
 */
export async function readServiceLogs(
  docker: Docker,
  services: readonly ServicePlan[],
  request: LogRequest,
  tell: (line: LogLine) => void,
): Promise<string[]> {
  const collected: LogLine[] = [];
  const take = request.follow ? tell : (line: LogLine) => void collected.push(line);
  const found = await Promise.all(
    services.map((service) => readOne(docker, service, request, take)),
  );
  for (const line of collected.sort(byTime)) tell(line);
  return services.filter((_, index) => !found[index]).map(({ name }) => name);
}

async function readOne(
  docker: Docker,
  service: ServicePlan,
  { tail, follow, signal }: LogRequest,
  tell: (line: LogLine) => void,
): Promise<boolean> {
  const where = service.container.name;
  const container = docker.getContainer(where);
  const seen = await findInEngine(where, () => container.inspect());
  if (seen === undefined) return false;
  const options = {
    stdout: true,
    stderr: true,
    timestamps: true,
    tail: tail ?? ("all" as unknown as number),
    ...(signal === undefined ? {} : { abortSignal: signal }),
  };
  const stream: Readable = await askEngine(where, async () =>
    follow
      ? ((await container.logs({ ...options, follow: true })) as unknown as Readable)
      : bufferToStream(await container.logs({ ...options, follow: false })),
  );
  const sink = (name: LogLine["stream"]) =>
    new MessageLines((time, text) => tell({ time, service: service.name, stream: name, text }));
  const [stdout, stderr] = [sink("stdout"), sink("stderr")];
  // A terminal's output is one stream without frames.
  const raw = seen.Config.Tty ? new RawMessages(stdout) : undefined;
  if (raw !== undefined) stream.pipe(raw, { end: false });
  // It writes each frame, which is one message of the engine, at once.
  else docker.modem.demuxStream(stream, stdout, stderr);
  try {
    await once(stream, "end");
  } catch (error) {
    if (signal?.aborted !== true) throw toUserError(error, where);
  }
  raw?.end();
  stdout.end();
  stderr.end();
  return true;
}

function bufferToStream(buffer: Buffer): Readable {
  return new PassThrough().end(buffer);
}

/** All times have nine decimals and the same zone, so that their texts sort as they do. */
function byTime(one: LogLine, other: LogLine): number {
  return one.time < other.time ? -1 : one.time > other.time ? 1 : 0;
}
