import { execa } from "execa";
import type { DoctorFacts } from "../../plan/doctor";
import { type Problem, StackError } from "../../plan/errors";
import type { HostFacts } from "../../plan/hostFacts";
import { engineProblem } from "../../plan/preflight";
import type { StatusReport } from "../../plan/statusReport";
import { askAgent } from "../agentSocket";
import { hasEngine, PINS } from "../engine";
import { probeThisMachine } from "../observe";
import { chooseStack, listStacks } from "../stackSelection";
import { readLastUpdate } from "../stacks/history";
import { collectStatus } from "../status/collect";
import { readLocks, readModes } from "./stateFacts";

/** As package.json and scripts/host/docker.sh have them. */
const NODE_FLOOR = 22;
const DOCKER_FLOOR = "20.10";

/** Looks at everything that a doctor judges; nothing that it finds makes it fail. */
export async function gatherDoctorFacts(
  root: string,
  named: string | undefined,
): Promise<DoctorFacts> {
  const stack = await lookAtStack(root, named);
  const { docker, dataRoot, freeBytes } = stack.host;
  const ends = listStacks(root).flatMap((name) => readLastUpdate(root, name)?.time ?? []);
  const last = ends.sort().at(-1);
  return {
    nodeVersion: process.versions.node,
    nodeFloor: NODE_FLOOR,
    pulumi: { version: PINS.cli, installed: await hasEngine() },
    docker: {
      version: docker.state === "running" ? docker.version : undefined,
      problem: engineProblem(stack.host),
      floor: DOCKER_FLOOR,
    },
    modes: readModes(root),
    locks: readLocks(root),
    stack: stack.name,
    configuration: stack.problems,
    status: stack.status,
    disk:
      dataRoot === undefined || freeBytes === undefined
        ? undefined
        : { folder: dataRoot, freeBytes },
    clock: {
      now: new Date(),
      lastUpdate: last === undefined ? undefined : new Date(last),
      synchronized: await askClock(),
    },
    agent: (await askAgent()).state,
  };
}

interface StackFacts {
  readonly name: string | undefined;
  readonly problems: readonly Problem[];
  readonly status: StatusReport | undefined;
  /** of the stack's host, else of this machine */
  readonly host: HostFacts;
}

async function lookAtStack(root: string, named: string | undefined): Promise<StackFacts> {
  let name: string | undefined;
  try {
    name = chooseStack(root, named);
    const { report, facts } = await collectStatus(root, name);
    return { name, problems: [], status: report, host: facts };
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    const host = await probeThisMachine(root);
    // That Docker does not answer is no fault of the configuration's, and has a check of its own.
    const problems = engineProblem(host) === undefined ? error.problems : [];
    return { name, problems, status: undefined, host };
  }
}

/** systemd tells whether the clock follows a time server; elsewhere nobody does. */
async function askClock(): Promise<boolean | undefined> {
  const args = ["show", "--property=NTPSynchronized", "--value"];
  const { stdout, exitCode } = await execa("timedatectl", args, { reject: false });
  if (exitCode !== 0) return undefined;
  return stdout.trim() === "yes";
}
