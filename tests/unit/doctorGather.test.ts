import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gatherDoctorFacts } from "../../cli/doctor/gather";
import { freePort } from "../support/freePort";

const ROOT = resolve(import.meta.dirname, "../..");

/** A checkout with one stack, on a machine whose Docker does not run. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "doctor-"));
  for (const name of ["assets", "compose", "images", "Pulumi.yaml", "plan", "scripts"])
    symlinkSync(join(ROOT, name), join(root, name));
  mkdirSync(join(root, "stacks"));
  const state = join(root, ".state", ".pulumi", "stacks", "aistack");
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, "lab.json"), "{}");
  vi.stubEnv("DOCKER_HOST", `unix://${join(root, "docker.sock")}`);
  vi.stubEnv("AISTACK_CACHE", join(root, "cache"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const gather = (config: string) => {
  writeFileSync(join(root, "stacks", "Pulumi.lab.yaml"), `config:\n${config}`);
  return gatherDoctorFacts(root, "lab");
};
const NO_ENGINE = expect.objectContaining({
  what: "no Docker engine runs on this host (its socket is not there)",
});

test("a fault of the configuration is told beside Docker's own", async () => {
  const facts = await gather("  aistack:profil: minimal\n");
  expect(facts.configuration.map(({ what }) => what)).toEqual([
    expect.stringContaining('unknown key "profil". Did you mean "profile"?'),
  ]);
  expect(facts.docker.problem).toEqual(NO_ENGINE);
});

test("Docker that is away has a check of its own, and is told once", async () => {
  const facts = await gather("  aistack:profile: minimal\n");
  const { configuration, unseen, problems, status } = facts;
  expect({ configuration, unseen, problems, status }).toEqual({
    configuration: [],
    unseen: [],
    problems: [],
    status: undefined,
  });
  expect(facts.docker.problem).toEqual(NO_ENGINE);
});

test("a host that cannot be reached is told, and this machine's Docker is none of its", async () => {
  const port = await freePort();
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMYZHHjDJZKlkX2zDo0gzRdHXzgDPGqBzO0cVXyOJYyd";
  const host = `{ address: 127.0.0.1, port: ${port}, user: me, hostKey: "${key}" }`;
  const facts = await gather(
    `  aistack:profile: minimal\n  aistack:host: ${host}\n  aistack:agent: { enabled: true }\n`,
  );
  expect(facts.unseen).toEqual([
    {
      what: `127.0.0.1, port ${port} cannot be reached: ssh: connect to host 127.0.0.1 port ${port}: Connection refused`,
      where: "aistack:host.address",
      fix: "See that the host is up and its SSH server runs, and that address and port are right",
    },
  ]);
  expect(facts.docker).toMatchObject({ version: undefined, problem: undefined });
  expect([facts.configuration, facts.disk]).toEqual([[], undefined]);
  expect(facts.agent).toEqual({ declared: true, state: "elsewhere" });
});
