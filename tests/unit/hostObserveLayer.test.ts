import { expect, test } from "vitest";
import { observeHostLayer } from "../../host/observeHostLayer";
import { formatProblem } from "../../plan/errors";
import { hostLayerSettings } from "../../plan/hostLayer";
import { userLine } from "../support/plan/hostLayer";
import { hostFacts } from "../support/plan/hostOutput";
import { settings } from "../support/plan/settings";
import { planMinimal } from "../support/plan/stack";

const REMOTE = settings({
  host: { address: "box.lan", user: "ada", hostKey: `ssh-ed25519 ${"A".repeat(68)}` },
});

/** A host over SSH that has no agent, of which the probe prints these lines. */
const observe = (...lines: readonly string[]) =>
  observeHostLayer(
    ".",
    {
      stack: "test",
      plan: { ...planMinimal(), ...hostLayerSettings(REMOTE) },
      access: { dockerHost: "ssh://ada@box.lan:22", ssh: ["ada@box.lan"], sshOptions: [] },
      facts: hostFacts(),
      makeAgent: () => Promise.reject(new Error("there is nothing to make")),
      now: new Date(0),
    },
    () => Promise.resolve([...lines, ""].join("\n")),
  );

test("a host over SSH without an agent gets account and folders", async () => {
  const { baseline, layer, problems, warnings } = await observe("access\troot");
  expect([layer, problems, warnings]).toEqual([undefined, [], []]);
  expect(baseline?.spec.directories.map(({ path }) => path)).toEqual([
    "/etc/aistack",
    "/var/lib/aistack",
    "/var/log/aistack",
  ]);
});

test("where nobody may become root they are left out, and that is told", async () => {
  expect(await observe("access\tnone")).toEqual({
    problems: [],
    warnings: [
      "ada may not become root on box.lan, so the user aistack and its folders are left out there; only aistack:agent and aistack:idle need them",
    ],
  });
});

test("a person's account of that name is refused", async () => {
  const { problems, baseline } = await observe("access\troot", userLine({ id: 1000 }));
  expect(problems.map(formatProblem)).toEqual([
    "aistack:host: user aistack is no system user (its number is 1000). Rename that user (usermod --login OTHER aistack), so that aistack can have one of its own",
  ]);
  expect(baseline).toBeUndefined();
});
