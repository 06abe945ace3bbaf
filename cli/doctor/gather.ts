import { existsSync } from "node:fs";
import { connect } from "node:net";
import { execa } from "execa";
import type { DoctorFacts } from "../../plan/doctor";
import { type Problem, StackError } from "../../plan/errors";
import { engineProblem } from "../../plan/preflight";
import type { StatusReport } from "../../plan/statusReport";
import { hasEngine, PINS } from "../engine";
import { listModels } from "../models/modelList";
import { probe } from "../observe";
import { chooseStack, listStacks } from "../stackSelection";
import { readLastUpdate } from "../stacks/history";
import { collectStatus } from "../status/collect";
import { readLocks, readModes } from "./stateFacts";

/** As package.json and scripts/host/docker.sh have them. */
const NODE_FLOOR = 22;
const DOCKER_FLOOR = "20.10";

/** Where the agent of this host answers. */
export const AGENT_SOCKET = "/run/aistack/agent.sock";

const AGENT_LIMIT_MS = 1_000;

/** Looks at everything that a doctor judges; nothing that it finds makes it fail. */
export async function gatherDoctorFacts(
  root: string,
  named: string | undefined,
): Promise<DoctorFacts> {
  const host = await probe(root, { services: [], networks: [] });
  const { docker, dataRoot, freeBytes } = host;
  const stack = await lookAtStack(root, named, docker.state === "running");
  const ends = listStacks(root).flatMap((name) => readLastUpdate(root, name)?.time ?? []);
  const last = ends.sort().at(-1);
  return {
    nodeVersion: process.versions.node,
    nodeFloor: NODE_FLOOR,
    pulumi: { version: PINS.cli, installed: await hasEngine() },
    docker: {
      version: docker.state === "running" ? docker.version : undefined,
      problem: engineProblem(host),
      floor: DOCKER_FLOOR,
    },
    modes: readModes(root),
    locks: readLocks(root),
    ...stack,
    disk:
      dataRoot === undefined || freeBytes === undefined
        ? undefined
        : { folder: dataRoot, freeBytes },
    clock: {
      now: new Date(),
      lastUpdate: last === undefined ? undefined : new Date(last),
      synchronized: await askClock(),
    },
    agent: await askAgent(AGENT_SOCKET),
  };
}

interface StackFacts {
  readonly stack: string | undefined;
  readonly configuration: readonly Problem[];
  readonly status: StatusReport | undefined;
  readonly absentModels: readonly string[] | undefined;
}

async function lookAtStack(
  root: string,
  named: string | undefined,
  dockerRuns: boolean,
): Promise<StackFacts> {
  const facts: StackFacts = {
    stack: undefined,
    configuration: [],
    status: undefined,
    absentModels: undefined,
  };
  let stack: string | undefined;
  try {
    stack = chooseStack(root, named);
    if (!dockerRuns) return { ...facts, stack };
    const { plan, report } = await collectStatus(root, stack);
    const models = await listModels(plan);
    const absent = models?.filter(({ declared, present }) => declared && !present);
    return { ...facts, stack, status: report, absentModels: absent?.map(({ name }) => name) };
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    return { ...facts, stack, configuration: error.problems };
  }
}

/** systemd tells whether the clock follows a time server; elsewhere nobody does. */
async function askClock(): Promise<boolean | undefined> {
  const args = ["show", "--property=NTPSynchronized", "--value"];
  const { stdout, exitCode } = await execa("timedatectl", args, { reject: false });
  if (exitCode !== 0) return undefined;
  return stdout.trim() === "yes";
}

export async function askAgent(socket: string): Promise<DoctorFacts["agent"]> {
  if (!existsSync(socket)) return "absent";
  return new Promise((done) => {
    const connection = connect(socket);
    const end = (outcome: DoctorFacts["agent"]) => {
      connection.destroy();
      done(outcome);
    };
    connection.setTimeout(AGENT_LIMIT_MS, () => end("silent"));
    connection.once("connect", () => end("answers"));
    connection.once("error", () => end("silent"));
  });
}
