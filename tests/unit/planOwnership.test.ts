import { describe, expect, test } from "vitest";
import { formatProblem } from "../../plan/errors";
import { describeLeftovers, type Ownership, objectsOf, withoutObjects } from "../../plan/ownership";
import { checkHost } from "../../plan/preflight";
import { EMPTY_RECORD, type StackRecord } from "../../plan/stackRecord";
import { hostFacts, inspected, line } from "../support/plan/hostOutput";
import { planMinimal } from "../support/plan/stack";

const LABEL = "0123456789abcdef";
const PLAN = planMinimal();

/** A host on which a container and a network have the plan's names. */
const host = (labels: object = { "dev.aistack.spec": LABEL }) =>
  hostFacts(
    line(
      "container",
      `aistack-ollama\t${JSON.stringify(inspected({ Config: { Labels: labels } }))}`,
    ),
    line(
      "network",
      `aistack-net\t${JSON.stringify({ Id: "net1", Driver: "bridge", Labels: labels })}`,
    ),
  );

const record = (change: Partial<StackRecord>): StackRecord => ({ ...EMPTY_RECORD, ...change });
const container = (id: string, current = true) =>
  ({ kind: "container", name: "aistack-ollama", id, current }) as const;
const network = (id: string) =>
  ({ kind: "network", name: "aistack-net", id, current: true }) as const;
const making = (label = LABEL) => ({ kind: "container", name: "aistack-ollama", label }) as const;

const OWN = record({ objects: [container("c1"), network("net1")] });

const told = (ownership: Ownership) => checkHost(PLAN, host(), [], ownership).map(formatProblem);

describe("objects under the plan's names", () => {
  test("that the state knows by their ids are the stack's own", () => {
    expect(told({ record: OWN, owners: {} })).toEqual([]);
  });

  test("are its own where only the label can tell, since there is no state to read", () => {
    expect(told({ record: undefined, owners: {} })).toEqual([]);
  });

  test("that another stack has made are told with it, before anything is touched", () => {
    const fix =
      "Change that stack instead, with --stack minimal, or remove it with: ./aistack destroy --stack minimal " +
      "(its data stays), or set aistack:namePrefix";
    expect(told({ record: EMPTY_RECORD, owners: { c1: "minimal", net1: "minimal" } })).toEqual([
      `docker: container aistack-ollama belongs to stack minimal. ${fix}`,
      `docker: network aistack-net belongs to stack minimal. ${fix}`,
    ]);
  });

  test("that no state knows are told with how to remove them: after a lost state", () => {
    const unknown =
      "was made by aistack, but the state of this stack does not know it: it belongs to another checkout, " +
      "or the state was lost or is older";
    expect(told({ record: EMPTY_RECORD, owners: {} })).toEqual([
      `docker: container aistack-ollama ${unknown}. ` +
        "Remove it with: docker rm --force aistack-ollama (its data stays in its volumes), or set aistack:namePrefix",
      `docker: network aistack-net ${unknown}. ` +
        "Remove it with: docker network rm aistack-net, or set aistack:namePrefix",
    ]);
  });

  test("that have the name of one that the state knows, but another id, are unknown: after an older state", () => {
    const older = record({ objects: [container("c0"), network("net1")] });
    expect(objectsOf("unknown", PLAN, host(), older)).toEqual([
      { kind: "container", name: "aistack-ollama", id: "c1" },
    ]);
  });

  test("that somebody else made stay somebody else's, whatever the state says", () => {
    expect(objectsOf("foreign", PLAN, host({}), OWN)).toHaveLength(2);
  });
});

describe("what an interrupted update has left", () => {
  const killed = (label?: string) =>
    record({ objects: [network("net1"), container("c0", false)], interrupted: [making(label)] });

  test("keeps no update from beginning: it is removed", () => {
    expect(told({ record: killed(), owners: {} })).toEqual([]);
    const leftovers = objectsOf("leftover", PLAN, host(), killed());
    expect(leftovers).toEqual([{ kind: "container", name: "aistack-ollama", id: "c1" }]);
    expect(describeLeftovers(leftovers)).toEqual([
      "container aistack-ollama was left by an update that was interrupted; it is removed and made anew",
    ]);
  });

  test("is known by the label that was to be made, so that nothing else is removed", () => {
    expect(objectsOf("leftover", PLAN, host(), killed("fedcba9876543210"))).toEqual([]);
    expect(objectsOf("unknown", PLAN, host(), killed("fedcba9876543210"))).toHaveLength(1);
  });

  test("is not taken for one that was made after it, since that is known by its id", () => {
    const later = record({ objects: [container("c1"), network("net1")], interrupted: [making()] });
    expect(objectsOf("leftover", PLAN, host(), later)).toEqual([]);
  });

  test("is as good as not there", () => {
    const facts = withoutObjects(host(), objectsOf("leftover", PLAN, host(), killed()));
    expect(facts.inspectedContainers).toEqual({});
    expect(Object.keys(facts.networks)).toEqual(["aistack-net"]);
  });
});
