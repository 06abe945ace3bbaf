import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";

export interface PasswordServer {
  port: number;
  /** The ways in which clients tried to sign in. */
  methods: string[];
  stop(): Promise<void>;
}

/**
 * An SSH server that takes a password, in one of the two ways in which servers ask for it. A real
 * sshd would need a user with a password on this machine. Each command prints its own text.
 */
export async function startPasswordServer(
  hostKey: string,
  way: "password" | "keyboard-interactive",
  password: string,
): Promise<PasswordServer> {
  const methods: string[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on("error", () => {
      // A client that gives up closes the connection in its own way.
    });
    client.on("authentication", (attempt) => {
      methods.push(attempt.method);
      if (attempt.method !== way) {
        attempt.reject([way]);
      } else if (attempt.method === "password") {
        settle(attempt, attempt.password === password);
      } else if (attempt.method === "keyboard-interactive") {
        attempt.prompt([{ prompt: "Password: ", echo: false }], (answers) =>
          settle(attempt, answers[0] === password),
        );
      }
    });
    client.on("session", (accept) => {
      accept().on("exec", (acceptExec, _reject, info) => {
        const stream = acceptExec();
        stream.write(info.command);
        stream.exit(0);
        stream.end();
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    methods,
    stop: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

function settle(attempt: { accept(): void; reject(): void }, right: boolean): void {
  if (right) {
    attempt.accept();
  } else {
    attempt.reject();
  }
}
