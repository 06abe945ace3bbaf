import { execaSync } from "execa";
import { expect, test } from "vitest";
import { cutGreeting, markGreeting } from "../../host/probeGreeting";

const HOST = { address: "gpu1.lan", user: "ada", port: 22, hostKey: "ssh-ed25519 AAAA" };
const probe = markGreeting({ command: "sh -s", environment: {}, stdin: "echo docker\nexit 0\n" });

/** What comes back where a shell runs something of its own first. */
const output = (greeting: string) =>
  `${execaSync("sh", ["-c", `${greeting}; sh -s`], { input: probe.stdin ?? "" }).stdout}\n`;

test("a quiet shell: the probe's own output alone", () => {
  expect(cutGreeting(HOST, output(":"))).toBe("docker\n");
});

test("a shell that greets is refused, with what to do", () => {
  expect(() => cutGreeting(HOST, output("echo Welcome to gpu1"))).toThrow(
    "aistack:host: the shell of ada prints text where there is no terminal, which would stand in what the Docker engine answers: Welcome to gpu1. Let it print on terminals alone: begin ~/.bashrc of ada on gpu1.lan with: case $- in *i*) ;; *) return ;; esac",
  );
});
