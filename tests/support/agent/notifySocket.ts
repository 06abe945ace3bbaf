import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { eventually } from "../eventually";

/**
 * Node has no datagram sockets of the UNIX kind, so Python receives in systemd's place: each message
 * becomes a line of JSON. systemd-notify hands over a descriptor and waits until it is closed.
 */
const RECEIVER = `
import array, json, os, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print(json.dumps("listening"), flush=True)
while True:
    message, ancillary, _, _ = receiver.recvmsg(65536, 4096)
    for _, _, data in ancillary:
        descriptors = array.array("i")
        descriptors.frombytes(data)
        for descriptor in descriptors:
            os.close(descriptor)
    print(json.dumps(message.decode()), flush=True)
`;

/** The socket on which systemd is told of a service's state. */
export class NotifySocket {
  readonly path: string;
  readonly #receiver: ChildProcess;
  #output = "";

  private constructor(path: string) {
    this.path = path;
    this.#receiver = spawn("python3", ["-c", RECEIVER, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#receiver.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#output += text;
    });
  }

  static async open(path: string): Promise<NotifySocket> {
    const socket = new NotifySocket(path);
    await eventually(() => socket.#lines().length > 0, "listening in systemd's place");
    return socket;
  }

  /** Everything told so far, in its order, without what systemd-notify says for itself. */
  messages(): string[] {
    return this.#lines()
      .slice(1)
      .filter((message) => message !== "BARRIER=1");
  }

  /** Waits until a message has come, so many times. */
  async received(message: string | RegExp, count = 1): Promise<void> {
    const matches = (text: string) =>
      typeof message === "string" ? text === message : message.test(text);
    const found = () => this.messages().filter(matches).length;
    await eventually(
      () => found() >= count,
      () => `${found()} of ${count} ${message} in ${JSON.stringify(this.messages())}`,
    );
  }

  async close(): Promise<void> {
    this.#receiver.kill("SIGKILL");
    await once(this.#receiver, "exit");
  }

  #lines(): string[] {
    return this.#output
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as string);
  }
}
