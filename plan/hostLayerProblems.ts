import type { Problem } from "./errors";
import type { HostBaselineSpec } from "./hostBaseline";
import type { HostFileFacts } from "./hostFileFacts";
import type { HostLayerSpec } from "./hostLayer";
import { foreign } from "./quote";

const WHERE = "aistack:agent, aistack:idle";

/** From this number on, users are people; below it they are a distribution's own. */
const FIRST_PERSON = 1000;

/**
 * What of a host stands in the way of its layer.
 * @param architecture of the host, as images name it; undefined where it does not tell
 */
export function checkHostLayer(
  spec: HostLayerSpec,
  facts: HostFileFacts,
  architecture: string | undefined,
): Problem[] {
  const problems = [...checkClaim(spec, facts), ...checkArchitecture(spec, architecture)];
  if (spec.paths.root === "") problems.push(...checkSystem(facts), ...checkAccount(spec, facts));
  return problems.map((problem) => ({ where: WHERE, ...problem }));
}

/** Every stack's agent has the same name, so the one that is there would be taken away from its stack. */
function checkClaim({ stack, paths }: HostLayerSpec, facts: HostFileFacts): Problem[] {
  if (facts.stack === undefined || facts.stack === stack) return [];
  return [
    {
      what: `the agent on this host belongs to the stack ${foreign(facts.stack)}, and a host has one agent`,
      fix: `Remove both keys from one of the two stacks; where the other one no longer exists, remove ${paths.claim}`,
    },
  ];
}

function checkArchitecture(
  { host, executable }: HostLayerSpec,
  architecture: string | undefined,
): Problem[] {
  // Here, it is the machine's own.
  if (host === undefined || architecture === undefined) return [];
  if (architecture === executable.architecture) return [];
  return [
    {
      what: `the agent is made for ${executable.architecture}, as the machine that aistack runs on, and this host is ${foreign(architecture)}`,
      fix: `Run aistack on a machine of that architecture, or remove both keys`,
    },
  ];
}

function checkSystem(facts: HostFileFacts): Problem[] {
  const problems: Problem[] = [];
  if (!facts.access) {
    problems.push({
      what: "the agent's files on the host are root's, and this user is not root and may not become it",
      fix: "Run it as root, or allow this user sudo without a password",
    });
  }
  if (!facts.systemd) {
    problems.push({
      what: "the agent and the idle check are units of systemd, which does not run on this host",
      fix: "Remove both keys, or choose a host that was started by systemd",
    });
  }
  if (facts.unitError !== undefined) {
    problems.push({
      what: `systemd does not tell the state of its units (systemctl show ended with ${foreign(facts.unitError)})`,
      fix: "Find the reason with: systemctl status",
    });
  }
  if (!facts.logrotate) {
    problems.push({
      what: "logrotate is not installed, and the agent's log would grow without end",
      fix: "Install it: apt-get install logrotate",
    });
  }
  return problems;
}

/** An account of that name that is not for aistack to have. */
export function checkAccount({ account }: HostBaselineSpec, { user }: HostFileFacts): Problem[] {
  if (user === undefined || (user.id > 0 && user.id < FIRST_PERSON)) return [];
  return [
    {
      what: `user ${account.name} is no system user (its number is ${user.id})`,
      fix: `Rename that user (usermod --login OTHER ${account.name}), so that aistack can have one of its own`,
    },
  ];
}
