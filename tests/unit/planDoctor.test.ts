import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { type DoctorFacts, diagnose } from "../../plan/doctor";
import type { StatusReport } from "../../plan/statusReport";

const NOW = new Date("2026-11-22T12:00:00.000Z");

const STATUS: StatusReport = {
  stack: "lab",
  profile: "minimal",
  engine: { version: "26.1.0" },
  services: [
    {
      name: "ollama",
      container: "aistack-ollama",
      health: "healthy",
      since: null,
      image: "i",
      endpoint: "e",
      address: "e",
    },
  ],
  models: [{ name: "tiny:latest", present: true }],
  drift: [],
  changes: [],
  problems: [],
};

const FINE: DoctorFacts = {
  nodeVersion: "24.1.0",
  nodeFloor: 22,
  pulumi: { version: "3.259.0", installed: true },
  docker: { version: "26.1.0", problem: undefined, floor: "20.10" },
  modes: { folder: 0o40700, passphrase: 0o100600 },
  host: [],
  locks: [],
  stack: "lab",
  configuration: [],
  unseen: [],
  problems: [],
  warnings: [],
  status: STATUS,
  disk: { folder: "/var/lib/docker", freeBytes: 50 * 1024 ** 3 },
  clock: { now: NOW, lastUpdate: undefined, synchronized: true },
  agent: { declared: false, state: "absent" },
};

test("a host on which all is well", () => {
  const checks = diagnose(FINE);
  expect(checks.map(({ name, state, detail }) => [name, state, detail])).toEqual([
    ["node", "ok", "24.1.0"],
    ["engine", "ok", "Pulumi 3.259.0"],
    ["docker", "ok", "26.1.0"],
    ["state", "ok", ".state is its owner's alone"],
    ["passphrase", "ok", "it is its owner's alone"],
    ["clock", "ok", "2026-11-22T12:00:00.000Z, synchronized"],
    ["disk", "ok", "50.0 GiB free in /var/lib/docker"],
    ["configuration", "ok", "stack lab is valid"],
    ["ports", "ok", "all are free or our own"],
    ["images", "ok", "all are there, or can be pulled"],
    ["names", "ok", "nobody else uses them"],
    ["update", "ok", "nothing else stands in its way"],
    ["service ollama", "ok", "healthy"],
    ["models", "ok", "all 1 declared are there"],
    ["drift", "ok", "the host is as the configuration says"],
    ["agent", "ok", "does not run, and the stack wants none"],
  ]);
  expect(checks.every(({ fix }) => fix === null)).toBe(true);
});

test("an agent that this user may not ask is no fault", () => {
  expect(diagnose({ ...FINE, agent: { declared: true, state: "forbidden" } }).at(-1)).toEqual({
    name: "agent",
    state: "ok",
    detail: "not asked: only root and the group aistack may",
    fix: null,
  });
});

test("a checkout from which nothing was installed", () => {
  const checks = diagnose({
    ...FINE,
    pulumi: { version: "3.259.0", installed: false },
    modes: { folder: undefined, passphrase: undefined },
    stack: undefined,
    configuration: [
      { what: "nothing is installed from this checkout yet", fix: "Run ./install.sh" },
    ],
    status: undefined,
  });
  expect(checks.filter(({ state }) => state !== "ok")).toEqual([
    {
      name: "engine",
      state: "failed",
      detail: "Pulumi 3.259.0 is not installed",
      fix: "Run ./install.sh",
    },
    {
      name: "state",
      state: "failed",
      detail: "there is no .state folder: nothing is installed from this checkout yet",
      fix: "Run ./install.sh",
    },
    {
      name: "configuration",
      state: "failed",
      detail: "nothing is installed from this checkout yet",
      fix: "Run ./install.sh",
    },
  ]);
});

const status = (change: Partial<StatusReport>): Partial<DoctorFacts> => ({
  status: { ...STATUS, ...change },
});
const service = (health: StatusReport["services"][number]["health"]) =>
  status({ services: STATUS.services.map((one) => ({ ...one, health })) });
const lock = (alive: boolean | undefined): Partial<DoctorFacts> => ({
  locks: [{ stack: "lab", pid: 77, host: "box", since: new Date("2026-11-22T10:00:00Z"), alive }],
});

test("a stack's host that is another machine: what it is, beside the checks that are of any host", () => {
  const host = [
    { name: "distribution", state: "failed", detail: "Fedora 43 is not supported", fix: "Use" },
    { name: "docker", state: "ok", detail: "26.1.0", fix: null },
    { name: "ports", state: "ok", detail: "free: 11434", fix: null },
    { name: "disk", state: "ok", detail: "50 GB free", fix: null },
    { name: "clock", state: "warning", detail: "90 s behind", fix: "Set it" },
  ] as const;
  const added = diagnose({ ...FINE, host }).filter(
    (check) => !diagnose(FINE).some((plain) => isDeepStrictEqual(plain, check)),
  );
  expect(added).toEqual([host[0], { ...host[4], name: "host clock" }]);
});

describe("one fault, one line with its remedy", () => {
  test.each<[string, Partial<DoctorFacts>, string, string, string, string | null]>([
    [
      "old Node",
      { nodeVersion: "20.9.0" },
      "failed",
      "node",
      "20.9.0 is too old; 22 is needed",
      "Run ./install.sh",
    ],
    [
      "no Docker",
      {
        docker: {
          version: undefined,
          floor: "20.10",
          problem: { what: "no engine", fix: "Start it" },
        },
      },
      "failed",
      "docker",
      "no engine",
      "Start it",
    ],
    [
      "old Docker",
      { docker: { version: "19.03.15", problem: undefined, floor: "20.10" } },
      "failed",
      "docker",
      "19.03.15 is too old",
      "Install Docker 20.10 or newer",
    ],
    [
      "Docker just below the floor",
      { docker: { version: "20.9.1", problem: undefined, floor: "20.10" } },
      "failed",
      "docker",
      "20.9.1 is too old",
      "Install Docker 20.10 or newer",
    ],
    [
      "a folder for all",
      { modes: { folder: 0o40755, passphrase: 0o100600 } },
      "failed",
      "state",
      ".state can be read by others (755)",
      "chmod 700 .state",
    ],
    [
      "a passphrase for the group",
      { modes: { folder: 0o40700, passphrase: 0o100640 } },
      "failed",
      "passphrase",
      ".state/passphrase can be read by others (640)",
      "chmod 600 .state/passphrase",
    ],
    [
      "no passphrase",
      { modes: { folder: 0o40700, passphrase: undefined } },
      "failed",
      "passphrase",
      ".state/passphrase is not there",
      "Restore .state/passphrase from your backup",
    ],
    [
      "a lock of a process that is gone",
      lock(false),
      "failed",
      "lock",
      "stack lab is locked by process 77 on box since 2 h, which is dead",
      "./aistack up --stack lab releases it; or: pulumi cancel --yes lab",
    ],
    [
      "a lock that is held",
      lock(true),
      "warning",
      "lock",
      "stack lab is locked by process 77 on box since 2 h",
      "Wait until it has ended",
    ],
    [
      "a lock of another host",
      lock(undefined),
      "warning",
      "lock",
      "stack lab is locked by process 77 on box since 2 h",
      "Make sure that no update runs on box, then: pulumi cancel --yes lab",
    ],
    [
      "a clock that went back",
      {
        clock: { now: NOW, lastUpdate: new Date("2026-11-23T00:00:00Z"), synchronized: undefined },
      },
      "failed",
      "clock",
      "2026-11-22T12:00:00.000Z is before the last update (2026-11-23T00:00:00.000Z)",
      "Set it, for example with: timedatectl set-ntp true",
    ],
    [
      "a clock of its own",
      { clock: { now: NOW, lastUpdate: undefined, synchronized: false } },
      "warning",
      "clock",
      "2026-11-22T12:00:00.000Z, not synchronized",
      "timedatectl set-ntp true",
    ],
    [
      "a full disk",
      { disk: { folder: "/d", freeBytes: 1024 ** 3 } },
      "failed",
      "disk",
      "1.0 GiB free in /d",
      "See what the engine holds with: docker system df",
    ],
    [
      "little space",
      { disk: { folder: "/d", freeBytes: 5 * 1024 ** 3 } },
      "warning",
      "disk",
      "5.0 GiB free in /d",
      "See what the engine holds with: docker system df",
    ],
    [
      "a port in use",
      { problems: [{ what: "port 1 is in use", where: "aistack:ports.ollama", fix: "Stop it" }] },
      "failed",
      "ports",
      "port 1 is in use",
      "Stop it",
    ],
    [
      "whatever else an update would refuse: no GPU, and no room for the models",
      {
        problems: [
          { what: "there is no GPU", where: "GPU", fix: "Install the driver" },
          { what: "the models need 9 GiB", where: "aistack:models", fix: "Free some space" },
          { what: "a fault of no place", fix: "Free some space" },
        ],
      },
      "failed",
      "update",
      "GPU: there is no GPU; aistack:models: the models need 9 GiB; a fault of no place",
      "Install the driver; Free some space",
    ],
    [
      "an engine below its floor",
      { warnings: ["docker 20.10.1 is below 20.10.9. Update the engine"] },
      "warning",
      "host",
      "docker 20.10.1 is below 20.10.9. Update the engine",
      null,
    ],
    [
      "a declared agent that does not run",
      { agent: { declared: true, state: "absent" } },
      "failed",
      "agent",
      "does not run, though the stack wants it",
      "Look at it with: systemctl status aistack-agent",
    ],
    [
      "a stopped service",
      service("stopped"),
      "failed",
      "service ollama",
      "container aistack-ollama is stopped",
      "aistack start ollama",
    ],
    [
      "a missing container",
      service("missing"),
      "failed",
      "service ollama",
      "container aistack-ollama is missing",
      "aistack up",
    ],
    [
      "a sick service",
      service("unhealthy"),
      "failed",
      "service ollama",
      "container aistack-ollama is unhealthy",
      "See why: aistack logs ollama",
    ],
    [
      "a service that starts",
      service("starting"),
      "warning",
      "service ollama",
      "container aistack-ollama is starting",
      "Wait, and see: aistack logs ollama",
    ],
    [
      "an absent model",
      status({
        models: [
          { name: "a:1", present: false },
          { name: "b:1", present: true },
        ],
      }),
      "failed",
      "models",
      "absent: a:1",
      "aistack up",
    ],
    [
      "models that nobody can see",
      status({ models: [{ name: "a:1", present: null }] }),
      "warning",
      "models",
      "unknown: Ollama does not answer",
      "aistack logs ollama",
    ],
    [
      "drift",
      status({ drift: ["a is b"], changes: ["c is d"] }),
      "warning",
      "drift",
      "a is b; c is d",
      "See: aistack preview; mend with: aistack up",
    ],
    [
      "a silent agent",
      { agent: { declared: true, state: "silent" } },
      "failed",
      "agent",
      "does not answer on its socket",
      "Look at it with: systemctl status aistack-agent",
    ],
  ])("%s", (_what, change, state, name, detail, fix) => {
    expect(diagnose({ ...FINE, ...change }).filter((check) => check.state !== "ok")).toEqual([
      { name, state, detail, fix },
    ]);
  });
});

test("without Docker the stack's own checks are left out, not called faults", () => {
  const docker = {
    version: undefined,
    floor: "20.10",
    problem: { what: "no engine", fix: "Start it" },
  };
  const checks = diagnose({ ...FINE, docker, status: undefined, disk: undefined });
  expect(checks.filter(({ state }) => state === "failed").map(({ name }) => name)).toEqual([
    "docker",
  ]);
  expect(checks.map(({ name }) => name)).not.toContain("service ollama");
});

test("of a host that cannot be reached nothing is said to be well, least of all this machine's", () => {
  const checks = diagnose({
    ...FINE,
    docker: { version: undefined, problem: undefined, floor: "20.10" },
    unseen: [{ what: "gpu1 cannot be reached", where: "aistack:host.address", fix: "Start it" }],
    status: undefined,
    disk: undefined,
    agent: { declared: true, state: "elsewhere" },
  });
  expect(checks.map(({ name, state, detail, fix }) => [name, state, detail, fix])).toEqual([
    ["node", "ok", "24.1.0", null],
    ["engine", "ok", "Pulumi 3.259.0", null],
    ["host", "failed", "aistack:host.address: gpu1 cannot be reached", "Start it"],
    ["docker", "warning", "unknown: it is the host's", "Mend the check host first"],
    ["state", "ok", ".state is its owner's alone", null],
    ["passphrase", "ok", "it is its owner's alone", null],
    ["clock", "ok", "2026-11-22T12:00:00.000Z, synchronized", null],
    [
      "disk",
      "warning",
      "unknown: only Docker tells where it keeps its data",
      "Mend the check host first",
    ],
    ["configuration", "ok", "stack lab is valid", null],
    ["agent", "ok", "is not asked: the stack's host is another machine", null],
  ]);
});

test("without Docker, what else keeps an update from succeeding is told all the same", () => {
  const docker = {
    version: undefined,
    floor: "20.10",
    problem: { what: "no engine", fix: "Start it" },
  };
  const problems = [{ what: "no systemd", where: "aistack:agent", fix: "Remove both keys" }];
  const checks = diagnose({ ...FINE, docker, problems, status: undefined, disk: undefined });
  expect(checks.filter(({ state }) => state === "failed").map(({ name }) => name)).toEqual([
    "docker",
    "update",
  ]);
});
