import type { DoctorFacts } from "../../plan/doctor";
import type { Check } from "../../plan/doctorCheck";
import { type Problem, StackError } from "../../plan/errors";
import type { HostFacts } from "../../plan/hostFacts";
import type { StackPlan } from "../../plan/plan";
import { engineProblem, warnOfHost } from "../../plan/preflight";
import type { Settings } from "../../plan/settings";
import { engineFloorWarning } from "../../plan/versionFloors";
import { askAgent } from "../agentSocket";
import { hasEngine, PINS } from "../engine";
import { execa } from "../execa";
import { checkRemoteHost } from "../hostChecks";
import {
  type Observation,
  observe,
  planFromCheckout,
  probeThisMachine,
  settingsFromCheckout,
} from "../observe";
import { readLocks } from "../stackLocks";
import { chooseStack, listStacks } from "../stackSelection";
import { readLastUpdate } from "../stacks/history";
import { summarise } from "../status/collect";
import { readModes } from "./stateFacts";

/** As package.json and scripts/host/docker.sh have them. */
const NODE_FLOOR = 22;
const DOCKER_FLOOR = "20.10";

/** Looks at everything that a doctor judges; nothing that it finds makes it fail. */
export async function gatherDoctorFacts(
  root: string,
  named: string | undefined,
): Promise<DoctorFacts> {
  const { name, host, hostChecks, engine, agent, ...stack } = await lookAtStack(root, named);
  const ends = listStacks(root).flatMap((stack) => readLastUpdate(root, stack)?.time ?? []);
  const last = ends.sort().at(-1);
  return {
    nodeVersion: process.versions.node,
    nodeFloor: NODE_FLOOR,
    pulumi: { version: PINS.cli, installed: await hasEngine() },
    docker: {
      version: host?.docker.state === "running" ? host.docker.version : undefined,
      problem: engine,
      floor: DOCKER_FLOOR,
    },
    modes: readModes(root),
    host: hostChecks,
    locks: readLocks(root),
    stack: name,
    ...stack,
    disk:
      host?.dataRoot === undefined || host.freeBytes === undefined
        ? undefined
        : { folder: host.dataRoot, freeBytes: host.freeBytes },
    clock: {
      now: new Date(),
      lastUpdate: last === undefined ? undefined : new Date(last),
      synchronized: await askClock(),
    },
    agent: {
      declared: agent.declared,
      state: agent.elsewhere ? "elsewhere" : (await askAgent()).state,
    },
  };
}

interface StackFacts
  extends Pick<DoctorFacts, "configuration" | "unseen" | "problems" | "warnings" | "status"> {
  readonly name: string | undefined;
  /** of the stack's host, or of this machine where there is no stack; undefined where it cannot be looked at */
  readonly host: HostFacts | undefined;
  readonly hostChecks: readonly Check[];
  /** what keeps its Docker engine from being used */
  readonly engine: Problem | undefined;
  readonly agent: { readonly declared: boolean; readonly elsewhere: boolean };
}

const NOTHING_SEEN: Omit<StackFacts, "name"> = {
  configuration: [],
  unseen: [],
  problems: [],
  warnings: [],
  status: undefined,
  host: undefined,
  hostChecks: [],
  engine: undefined,
  agent: { declared: false, elsewhere: false },
};

async function lookAtStack(root: string, named: string | undefined): Promise<StackFacts> {
  let name: string | undefined;
  let plan: StackPlan;
  let settings: Settings;
  try {
    name = chooseStack(root, named);
    plan = planFromCheckout(root, name);
    settings = settingsFromCheckout(root, name);
  } catch (error) {
    const host = await probeThisMachine(root);
    const warnings = warnOfEngine(host);
    const engine = engineProblem(host);
    return { ...NOTHING_SEEN, name, configuration: problemsOf(error), host, engine, warnings };
  }
  const agent = { declared: settings.agent.enabled, elsewhere: settings.host !== undefined };
  let seen: Observation;
  let hostChecks: readonly Check[];
  try {
    [seen, hostChecks] = await Promise.all([
      observe(root, name),
      checkRemoteHost(root, name, plan),
    ]);
  } catch (error) {
    return { ...NOTHING_SEEN, name, unseen: problemsOf(error), agent };
  }
  const { facts: host } = seen;
  const warnings = warnOfHost(seen.plan, host);
  const engine = engineProblem(host, plan.host);
  if (engine !== undefined) {
    // It has a check of its own.
    const problems = seen.problems.filter(({ what }) => what !== engine.what);
    return { ...NOTHING_SEEN, name, host, hostChecks, engine, problems, warnings, agent };
  }
  const { problems } = seen;
  const known = { ...NOTHING_SEEN, name, host, hostChecks, problems, warnings, agent };
  try {
    const status = await summarise(root, name, seen);
    // What kept LocalAI from being asked is among them, too.
    return { ...known, problems: status.problems, status };
  } catch (error) {
    return { ...known, configuration: problemsOf(error) };
  }
}

/** @throws the error itself where it is a bug */
function problemsOf(error: unknown): readonly Problem[] {
  if (!(error instanceof StackError)) throw error;
  return error.problems;
}

function warnOfEngine({ docker }: HostFacts): string[] {
  const told = docker.state === "running" ? engineFloorWarning(docker.version) : undefined;
  return told === undefined ? [] : [told];
}

/** systemd tells whether the clock follows a time server; elsewhere nobody does. */
async function askClock(): Promise<boolean | undefined> {
  const args = ["show", "--property=NTPSynchronized", "--value"];
  const { stdout, exitCode } = await execa("timedatectl", args, { reject: false });
  if (exitCode !== 0) return undefined;
  return stdout.trim() === "yes";
}
