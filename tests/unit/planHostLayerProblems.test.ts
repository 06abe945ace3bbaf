import { describe, expect, test } from "vitest";
import { formatProblem } from "../../plan/errors";
import { parseHostFileFacts } from "../../plan/hostFileFacts";
import { checkHostLayer } from "../../plan/hostLayerProblems";
import {
  factsOf,
  type HostLines,
  installedLines,
  planLayer,
  userLine,
} from "../support/plan/hostLayer";

const HOST = { address: "box.lan", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };
const WHERE = "aistack:agent, aistack:idle: ";

/** What stands in the way on a host as it was installed, after a change of it. */
function problems(
  change: (lines: HostLines) => void = () => {},
  config: Readonly<Record<string, unknown>> = {},
  architecture: string | undefined = "amd64",
) {
  const spec = planLayer(config);
  const lines = installedLines(spec);
  change(lines);
  return checkHostLayer(spec, factsOf(lines), architecture).map((problem) => {
    const line = formatProblem(problem);
    expect(line.startsWith(WHERE)).toBe(true);
    return line.slice(WHERE.length);
  });
}

test("nothing does where everything is as it was installed", () => {
  expect(problems()).toEqual([]);
});

test("a host that cannot have units is told why, everything at once", () => {
  const facts = parseHostFileFacts("access\tnone\n");
  expect(checkHostLayer(planLayer(), facts, "amd64").map(formatProblem)).toEqual([
    `${WHERE}the agent's files on the host are root's, and this user is not root and may not become it. Run it as root, or allow this user sudo without a password`,
    `${WHERE}the agent and the idle check are units of systemd, which does not run on this host. Remove both keys, or choose a host that was started by systemd`,
    `${WHERE}logrotate is not installed, and the agent's log would grow without end. Install it: apt-get install logrotate`,
  ]);
});

test("units of which systemd tells nothing do not count as running", () => {
  expect(problems((lines) => lines.set("unit", "unit-error\t124"))).toEqual([
    "systemd does not tell the state of its units (systemctl show ended with 124). Find the reason with: systemctl status",
  ]);
});

test.each([0, 1000, 1500])("an account that is a person's or root is refused: %i", (id) => {
  expect(problems((lines) => lines.set("user", userLine({ id })))).toEqual([
    `user aistack is no system user (its number is ${id}). Rename that user (usermod --login OTHER aistack), so that aistack can have one of its own`,
  ]);
});

test.each(["", "/tmp/x"])("another stack's agent is not taken from it, below %j", (hostRoot) => {
  expect(problems((lines) => lines.set("stack", "stack\tgpu1"), { hostRoot })).toEqual([
    `the agent on this host belongs to the stack gpu1, and a host has one agent. Remove both keys from one of the two stacks; where the other one no longer exists, remove ${hostRoot}/etc/aistack/stack`,
  ]);
});

describe("the architecture that the agent is made for", () => {
  const nothing = () => {};

  test("must be a remote host's", () => {
    expect(problems(nothing, { host: HOST }, "arm64")).toEqual([
      "the agent is made for amd64, as the machine that aistack runs on, and this host is arm64. Run aistack on a machine of that architecture, or remove both keys",
    ]);
    expect(problems(nothing, { host: HOST }, "amd64")).toEqual([]);
  });

  test("is this machine's, whatever its engine says", () => {
    expect(problems(nothing, {}, "arm64")).toEqual([]);
  });
});
