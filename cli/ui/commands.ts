import { formatProblem, StackError } from "../../plan/errors";
import { ServiceControl } from "../control/services";
import { execa } from "../execa";
import { log } from "../log";
import { readServiceLogs } from "../logs/serviceLogs";
import { print } from "../output";
import { cleanText } from "./cleanText";
import type { FeedContext } from "./feeds/context";
import { lookForDrift } from "./feeds/drift";
import type { UiCommand } from "./keys";

/** How many lines a log begins with. */
const TAIL = 200;

/** How a verb is told while it goes on. */
const BUSY = { start: "starting", stop: "stopping", restart: "restarting" } as const;

/** Does what keys ask for; everything that comes of it is told as actions. */
export class UiCommands {
  readonly #context: FeedContext;
  readonly #quit: () => void;
  /** ends what fills the text that is shown */
  #viewed = new AbortController();
  /** what has been set going and must not be left half-done, by service */
  readonly #running = new Map<string, Promise<void>>();

  constructor(context: FeedContext, quit: () => void) {
    this.#context = context;
    this.#quit = quit;
  }

  async run(command: UiCommand): Promise<void> {
    switch (command.type) {
      case "quit":
        return this.#quit();
      case "closeView":
        this.#viewed.abort();
        return this.#context.dispatch({ type: "viewOpened", view: { kind: "overview" } });
      case "refresh":
        return this.#refresh();
      case "checkGpu":
        return this.#checkGpu();
      case "followLogs":
        return this.#followLogs(command.service);
      default: {
        const running = this.#control(command.type, command.service);
        this.#running.set(command.service, running);
        return running.finally(() => this.#running.delete(command.service));
      }
    }
  }

  /** Waits until nothing that a key has set going is half-done, and tells on what. */
  async settled(): Promise<void> {
    if (this.#running.size > 0)
      print(`Waiting for ${[...this.#running.keys()].join(", ")} (Ctrl+C does not wait) …`);
    await Promise.allSettled(this.#running.values());
  }

  async #control(verb: keyof typeof BUSY, service: string): Promise<void> {
    const { dispatch } = this.#context;
    dispatch({ type: "viewOpened", view: { kind: "overview" } });
    dispatch({ type: "busyChanged", service, busy: BUSY[verb] });
    this.#tell(`${service}: ${BUSY[verb]} …`);
    try {
      const control = new ServiceControl(this.#context, (name, state) =>
        this.#tell(`${name}: ${state}`),
      );
      await control[verb]([service]);
      this.#tell(`${service}: ${verb} done`, "good");
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      log().error({ event: "service.failed", verb, service, problems: error.problems });
      this.#tell(cleanText(firstProblem(error)), "bad");
    } finally {
      dispatch({ type: "busyChanged", service, busy: undefined });
    }
    if (!this.#context.signal.aborted) await lookForDrift(this.#context);
  }

  async #refresh(): Promise<void> {
    this.#tell("looking at the host …");
    await lookForDrift(this.#context);
    this.#context.dispatch({ type: "noticeSet", notice: undefined });
  }

  async #followLogs(name: string): Promise<void> {
    const { docker, plan } = this.#context;
    const services = plan.services.filter((service) => service.name === name);
    const title = `logs of ${name}`;
    const signal = this.#open(title);
    const request = { tail: TAIL, follow: true, signal };
    try {
      const absent = await readServiceLogs(docker, services, request, ({ text }) =>
        this.#line(title, text),
      );
      if (signal.aborted) return;
      this.#line(
        title,
        absent.length > 0 ? "(there is no container)" : "(the container has ended)",
      );
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      if (!signal.aborted) this.#line(title, firstProblem(error));
    }
  }

  /** The verb itself, so that screen and command line tell the same. */
  async #checkGpu(): Promise<void> {
    const { root, stack } = this.#context;
    const title = "gpu-check";
    const signal = this.#open(title);
    const words = [`${root}/scripts/aistack.mjs`, "gpu-check", "--stack", stack];
    const ran = await execa(process.execPath, words, {
      cwd: root,
      reject: false,
      all: true,
      cancelSignal: signal,
      env: { NO_COLOR: "1" },
    });
    if (signal.aborted) return;
    for (const line of ran.all.split("\n")) this.#line(title, line);
  }

  #open(title: string): AbortSignal {
    this.#viewed.abort();
    this.#viewed = new AbortController();
    const view = { kind: "text", title, lines: [], back: 0 } as const;
    this.#context.dispatch({ type: "viewOpened", view });
    return AbortSignal.any([this.#viewed.signal, this.#context.signal]);
  }

  #line(title: string, text: string): void {
    this.#context.dispatch({ type: "lineCame", title, line: cleanText(text) });
  }

  #tell(text: string, tone: "good" | "bad" | "plain" = "plain"): void {
    this.#context.dispatch({ type: "noticeSet", notice: { text, tone } });
  }
}

function firstProblem(error: StackError): string {
  return formatProblem(error.problems[0] ?? { what: error.message });
}
