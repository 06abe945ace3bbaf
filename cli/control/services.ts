import type Docker from "dockerode";
import type { EngineAccess } from "../../host/dockerCommand";
import { withTunnel } from "../../host/sshTunnel";
import { readOwners, readStackRecord } from "../../host/stackRecord";
import { HostNotReadyError, type Problem, StackError } from "../../plan/errors";
import { judgeOwner, type NamedObject, unknownObject } from "../../plan/ownership";
import type { ServicePlan, StackPlan } from "../../plan/plan";
import { foreignContainer } from "../../plan/preflight";
import { chooseServices, withDependencies } from "../../plan/serviceChoice";
import { askEngine, findInEngine } from "../docker/engineErrors";
import { waitUntilReady } from "../gates/readiness";
import { log } from "../log";
import { runInOrder } from "./inOrder";

/** Told of every step, in words for people. */
export type ActionReport = (service: string, state: string) => void;

interface Controlled extends ServicePlan {
  readonly handle: Docker.Container;
  readonly state: Docker.ContainerInspectInfo["State"];
}

/** A stack, and how its host is reached. */
export interface ControlledStack extends EngineAccess {
  /** the checkout, whose state knows the stack's containers */
  readonly root: string;
  readonly stack: string;
  readonly docker: Docker;
  readonly plan: StackPlan;
}

/** Starts, stops and restarts the containers of one stack, and no others. */
export class ServiceControl {
  readonly #root: string;
  readonly #stack: string;
  readonly #docker: Docker;
  readonly #plan: StackPlan;
  readonly #access: EngineAccess;
  readonly #report: ActionReport;

  constructor(
    { root, stack, docker, plan, dockerHost, ssh }: ControlledStack,
    report: ActionReport,
  ) {
    this.#root = root;
    this.#stack = stack;
    this.#docker = docker;
    this.#plan = plan;
    this.#access = { dockerHost, ssh };
    this.#report = report;
  }

  /** Starts services, those that they depend on first, and waits until each serves. */
  async start(names: readonly string[]): Promise<void> {
    const services = withDependencies(this.#plan, chooseServices(this.#plan, names));
    await this.#startAll(await this.#own(services));
  }

  /** Stops services, those that depend on them first, each with its own grace period. */
  async stop(names: readonly string[]): Promise<void> {
    await this.#stopAll(await this.#own(chooseServices(this.#plan, names)));
  }

  async restart(names: readonly string[]): Promise<void> {
    const services = await this.#own(chooseServices(this.#plan, names));
    await this.#stopAll(services);
    await this.#startAll(await this.#own(services));
  }

  async #startAll(services: readonly Controlled[]): Promise<void> {
    await runInOrder(
      services,
      ({ dependsOn }) => dependsOn,
      async ({ name, handle, state, container, readinessUrl, readinessSeconds }) => {
        const started = performance.now();
        if (state.Running && !state.Paused) {
          this.#report(name, "is running already");
        } else {
          this.#report(name, "starting");
          await askEngine(container.name, () => (state.Paused ? handle.unpause() : handle.start()));
        }
        await withTunnel(this.#access.ssh, readinessUrl, (url, signal) =>
          waitUntilReady({
            container: container.name,
            url,
            hostUrl: readinessUrl,
            ...this.#access,
            secondsAllowed: readinessSeconds,
            signal,
            log: (line) => this.#report(name, line),
          }),
        );
        if (state.Running && !state.Paused) return;
        this.#tell("service.started", name, "started", started);
      },
    );
  }

  async #stopAll(services: readonly Controlled[]): Promise<void> {
    const dependents = (service: Controlled) =>
      services.filter(({ dependsOn }) => dependsOn.includes(service.name)).map(({ name }) => name);
    await runInOrder(services, dependents, async ({ name, handle, state, container }) => {
      if (!state.Running && !state.Restarting) return this.#report(name, "is stopped already");
      const started = performance.now();
      this.#report(name, "stopping");
      const grace = container.destroyGraceSeconds;
      // A frozen process cannot end: it would be killed after the grace period.
      if (state.Paused) await askEngine(container.name, () => handle.unpause());
      await askEngine(container.name, () => handle.stop({ t: grace }));
      this.#tell("service.stopped", name, "stopped", started);
    });
  }

  #tell(event: string, service: string, what: string, started: number): void {
    const durationMs = Math.round(performance.now() - started);
    log().info({ event, service, durationMs });
    this.#report(service, `${what} in ${(durationMs / 1000).toFixed(1)} s`);
  }

  /** The containers as they are; nothing is touched unless all of them are there and ours. */
  async #own(services: readonly ServicePlan[]): Promise<Controlled[]> {
    const missing: Problem[] = [];
    const foreign: Problem[] = [];
    const own: Controlled[] = [];
    const inspected = await Promise.all(
      services.map(async (service) => {
        const { name } = service.container;
        const inspect = () => this.#docker.getContainer(name).inspect();
        return { service, name, seen: await findInEngine(name, inspect) };
      }),
    );
    // Read anew each time: a terminal UI stays open across updates.
    const record = readStackRecord(this.#root, this.#stack);
    for (const { service, name, seen } of inspected) {
      if (seen === undefined) {
        const what = `container ${name} of service ${service.name} is not there`;
        missing.push({ what, where: "docker", fix: "Bring it up with: aistack up" });
        continue;
      }
      const object: NamedObject = { kind: "container", name, id: seen.Id };
      const labels = seen.Config.Labels ?? {};
      const owner = judgeOwner(object, { id: seen.Id, labels }, record);
      if (owner === "foreign") foreign.push(foreignContainer(name));
      else if (owner === "unknown")
        foreign.push(unknownObject(object, { record, owners: readOwners(this.#root) }));
      // By its id: whatever takes the name from now on is not touched.
      else own.push({ ...service, handle: this.#docker.getContainer(seen.Id), state: seen.State });
    }
    if (foreign.length > 0) throw new StackError([...foreign, ...missing]);
    if (missing.length > 0) throw new HostNotReadyError(missing);
    return own;
  }
}
