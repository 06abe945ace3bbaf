import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ServiceControl } from "../../cli/control/services";
import { connectDocker } from "../../cli/docker/connect";
import type { StackPlan } from "../../plan/plan";
import { StandInEngine } from "../support/docker/standInEngine";
import { planStandard } from "../support/plan/stack";

let engine: StandInEngine;
let services: Server;
let plan: StackPlan;
let told: string[];
let control: ServiceControl;
/** a checkout whose state is empty */
let root: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "control-"));
  engine = new StandInEngine();
  await engine.listen();
  // All services answer: whether one does is the readiness gate's own test.
  services = createServer((_request, response) => void response.end());
  await new Promise<void>((done) => services.listen(0, "127.0.0.1", done));
  const readinessUrl = `http://127.0.0.1:${(services.address() as AddressInfo).port}/`;
  const standard = planStandard();
  plan = {
    ...standard,
    services: standard.services.map((service) => ({
      ...service,
      readinessUrl,
      dependsOn: service.name === "openwebui" ? ["ollama"] : [],
    })),
  };
  for (const { container } of plan.services) engine.add(container.name);
  told = [];
  const access = { dockerHost: engine.address, ssh: undefined, sshOptions: undefined };
  const docker = await connectDocker(access);
  control = new ServiceControl({ ...access, root, stack: "lab", docker, plan }, (service, state) =>
    told.push(`${service}: ${state.replace(/\d+\.\d s/, "0.0 s")}`),
  );
});
afterEach(() => {
  engine.close();
  services.close();
  rmSync(root, { recursive: true });
});

/** Writes a stack's state, which knows a container by its id. */
function remember(stack: string, name: string, id: string): void {
  const file = join(root, ".state/.pulumi/stacks/aistack", `${stack}.json`);
  const type = "docker:index/container:Container";
  const resource = {
    urn: `urn:pulumi:${stack}::aistack::${type}::${name}`,
    type,
    id,
    inputs: { name },
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ checkpoint: { latest: { resources: [resource] } } }));
}

const stateOf = (name: string) => engine.containers.get(`aistack-${name}`)?.state;
const stopAll = () => {
  for (const container of engine.containers.values()) container.state = "exited";
};

describe("stop", () => {
  test("each within its own grace period, dependents first", async () => {
    await control.stop(["ollama", "openwebui"]);
    expect(engine.changes).toEqual([
      "POST /containers/id-aistack-openwebui/stop?t=30",
      "POST /containers/id-aistack-ollama/stop?t=30",
    ]);
    expect(told).toEqual([
      "openwebui: stopping",
      "openwebui: stopped in 0.0 s",
      "ollama: stopping",
      "ollama: stopped in 0.0 s",
    ]);
    expect(stateOf("localai")).toBe("running");
  });

  test("what is stopped is left alone", async () => {
    stopAll();
    await control.stop([]);
    expect(engine.changes).toEqual([]);
    expect(told.sort()).toEqual([
      "localai: is stopped already",
      "ollama: is stopped already",
      "openwebui: is stopped already",
    ]);
  });

  test("a frozen container goes on before it is stopped, so that it can end by itself", async () => {
    engine.add("aistack-ollama", { state: "paused" });
    await control.stop(["ollama"]);
    expect(engine.changes).toEqual([
      "POST /containers/id-aistack-ollama/unpause",
      "POST /containers/id-aistack-ollama/stop?t=30",
    ]);
  });
});

describe("start", () => {
  test("what a service depends on comes first", async () => {
    stopAll();
    await control.start(["openwebui"]);
    expect(engine.changes).toEqual([
      "POST /containers/id-aistack-ollama/start",
      "POST /containers/id-aistack-openwebui/start",
    ]);
    expect(stateOf("localai")).toBe("exited");
  });

  test("what runs is left alone", async () => {
    await control.start(["ollama"]);
    expect(engine.changes).toEqual([]);
    expect(told).toEqual(["ollama: is running already"]);
  });

  test("the engine's refusal is told in its own words, and dependents are not started", async () => {
    stopAll();
    engine.refusals.set("aistack-ollama", "network aistack-net not found");
    await expect(control.start(["openwebui"])).rejects.toThrow(
      "aistack-ollama: the Docker engine refused: network aistack-net not found",
    );
    expect(engine.changes).toEqual(["POST /containers/id-aistack-ollama/start"]);
  });
});

test("an engine on TCP is reached, too", async () => {
  const relay = createTcpServer((socket) => {
    const there = connect(engine.address.slice("unix://".length));
    socket.pipe(there).pipe(socket);
  });
  await new Promise<void>((done) => relay.listen(0, "127.0.0.1", done));
  const dockerHost = `tcp://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  const docker = await connectDocker({ dockerHost, ssh: undefined, sshOptions: undefined });
  const stack = { root, stack: "lab", docker, plan, dockerHost, ssh: undefined };
  await new ServiceControl(stack, () => {}).stop(["ollama"]);
  relay.close();
  expect(engine.changes).toEqual(["POST /containers/id-aistack-ollama/stop?t=30"]);
});

test("restart: stopped from the last to the first, started from the first to the last", async () => {
  await control.restart(["openwebui", "ollama"]);
  expect(engine.changes).toEqual([
    "POST /containers/id-aistack-openwebui/stop?t=30",
    "POST /containers/id-aistack-ollama/stop?t=30",
    "POST /containers/id-aistack-ollama/start",
    "POST /containers/id-aistack-openwebui/start",
  ]);
});

describe("refused, and nothing is touched", () => {
  test("somebody else's container of our name", async () => {
    engine.add("aistack-openwebui", { labels: { "com.docker.compose.project": "x" } });
    await expect(control.stop([])).rejects.toMatchObject({
      name: "StackError",
      message:
        "docker: a container aistack-openwebui is there that aistack did not make. Rename it with: docker rename aistack-openwebui aistack-openwebui-old, remove it, or set aistack:namePrefix",
    });
    expect(engine.changes).toEqual([]);
  });

  test("another stack's container, of this checkout or of another, by its id", async () => {
    remember("lab", "aistack-ollama", "id-aistack-ollama");
    remember("office", "aistack-openwebui", "id-aistack-openwebui");
    await expect(control.stop([])).rejects.toMatchObject({
      name: "StackError",
      message: [
        "docker: container aistack-openwebui belongs to stack office. Change that stack instead, with --stack office, or remove it with: ./aistack destroy --stack office (its data stays), or set aistack:namePrefix",
        "docker: container aistack-localai was made by aistack, but the state of this stack does not know it: it belongs to another checkout, or the state was lost or is older. Remove it with: docker rm --force aistack-localai (its data stays in its volumes), or set aistack:namePrefix",
      ].join("\n"),
    });
    expect(engine.changes).toEqual([]);
    await control.stop(["ollama"]);
    expect(engine.changes).toEqual(["POST /containers/id-aistack-ollama/stop?t=30"]);
  });

  test("a container that is not there", async () => {
    engine.containers.delete("aistack-localai");
    await expect(control.restart([])).rejects.toMatchObject({
      name: "HostNotReadyError",
      message:
        "docker: container aistack-localai of service localai is not there. Bring it up with: aistack up",
    });
    expect(engine.changes).toEqual([]);
  });

  test("a service that the stack does not have", async () => {
    await expect(control.stop(["olama"])).rejects.toThrow(
      'the stack has no service "olama". Did you mean "ollama"?',
    );
  });

  test("an address of another kind", async () => {
    const access = { dockerHost: "npipe:////./pipe/x", ssh: undefined, sshOptions: undefined };
    await expect(connectDocker(access)).rejects.toThrow(
      "DOCKER_HOST: cannot reach a Docker engine at npipe:////./pipe/x. Accepted: unix:///PATH, tcp://HOST:PORT",
    );
  });

  test("an engine that closes its connections, as one that is restarted does", async () => {
    engine.faults.set("json", "gone");
    await expect(control.stop([])).rejects.toMatchObject({
      name: "HostNotReadyError",
      message:
        "docker: the Docker engine does not answer on its socket. Look at it with: systemctl status docker; start it with: systemctl restart docker",
    });
  });

  test("an engine that is not there", async () => {
    engine.close();
    await expect(control.stop([])).rejects.toMatchObject({
      name: "HostNotReadyError",
      message: expect.stringContaining("no Docker engine runs on this host"),
    });
  });
});
