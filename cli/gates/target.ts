import { dockerCommand, type EngineAccess } from "../../host/dockerCommand";
import { execa } from "../execa";
import type { ServiceAddress } from "../models/serviceAddress";

/** A service that a gate looks at, and the engine that it runs on. */
export interface GateTarget extends EngineAccess, ServiceAddress {}

/** `docker …` on the service's host; what it prints on both streams, undefined where it fails. */
export async function docker(
  engine: EngineAccess,
  ...args: readonly string[]
): Promise<string | undefined> {
  const command = dockerCommand(engine, ...args);
  const ran = await execa(command.file, command.args, { reject: false, all: true });
  return ran.exitCode === 0 ? ran.all : undefined;
}

/** What a command in a service's container printed on both streams, on one line, and how it ended. */
export async function runInside(
  target: EngineAccess & Pick<GateTarget, "container">,
  command: readonly string[],
  limitMs: number,
): Promise<{ exitCode: number; text: string }> {
  const { file, args } = dockerCommand(target, "exec", target.container, ...command);
  const ran = await execa(file, args, { reject: false, all: true, timeout: limitMs });
  const text = ran.timedOut ? `no answer within ${limitMs / 1000} s` : (ran.all ?? "");
  // A process that was stopped, or never started, has no exit code.
  return { exitCode: ran.exitCode ?? 1, text: text.replaceAll(/\s+/g, " ").trim() };
}
