import { execFile } from "node:child_process";

/** It takes about 15 ms; one that takes longer than this hangs. */
const LIMIT_MS = 2000;

/**
 * Tells systemd of this service's state, one message after the other (sd_notify(3)). Node has no
 * datagram sockets of the UNIX kind, so systemd's own command sends them: the unit needs
 * `NotifyAccess=all`. It waits until systemd has read the message, so that it is not taken for a stranger's.
 */
export class SystemdNotifier {
  readonly #environment: NodeJS.ProcessEnv | undefined;
  readonly #complain: (message: string) => void;
  #last: Promise<void> = Promise.resolve();

  /**
   * @param environment of this process; without NOTIFY_SOCKET nobody listens, and nothing is sent
   * @param complain told what could not be sent, and why
   */
  constructor(environment: NodeJS.ProcessEnv, complain: (message: string) => void) {
    this.#environment = environment.NOTIFY_SOCKET ? { ...environment } : undefined;
    this.#complain = complain;
  }

  /** Queues a message, such as `READY=1`, `STATUS=…`. Never throws. */
  send(...assignments: readonly string[]): Promise<void> {
    const environment = this.#environment;
    if (environment === undefined) return Promise.resolve();
    this.#last = this.#last.then(
      () =>
        new Promise((resolve) => {
          const options = { env: environment, timeout: LIMIT_MS, killSignal: "SIGKILL" as const };
          execFile("systemd-notify", [...assignments], options, (error) => {
            if (error !== null)
              this.#complain(`systemd was not told ${assignments.join(" ")}: ${error.message}`);
            resolve();
          });
        }),
    );
    return this.#last;
  }
}

/** systemd orders a reload by the clock that it names CLOCK_MONOTONIC, as `process.hrtime` does. */
export function reloadingMessage(): readonly string[] {
  return ["RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`];
}

/** Variables by which systemd addresses this process alone: its children must not answer for it. */
export function takeSystemdEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const taken = { ...environment };
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete environment[name];
  return taken;
}
