// install.sh killed at every change it makes to a host made of files: see tests/support/host/bareHost.ts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { APT, APT_INSTALL, BareHost, NPM_CI } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost();
});
afterEach(() => host.remove());

/** Runs it until nobody kills it any more; what it died of, in order. */
async function runToTheEnd(): Promise<string[]> {
  const died: string[] = [];
  for (;;) {
    const { code, changes } = await host.install(["--yes"]);
    if (code === 0) return died;
    expect(code).toBe(-1);
    died.push(changes.at(-1) ?? "");
  }
}

test.each(["before", "after"] as const)(
  "killed %s each of its changes, the next run goes on, and the last finds all in place",
  async (moment) => {
    host.killAtEachChange(moment);
    const died = await runToTheEnd();
    expect(died).toEqual([
      `${APT} update`,
      "dpkg --configure -a",
      "dpkg --audit",
      `${APT_INSTALL} curl iproute2 nodejs npm`,
      `${APT_INSTALL} docker.io iptables`,
      "systemctl enable --now docker",
      ...host.accounts,
      NPM_CI,
      "aistack install --yes",
    ]);
    expect(
      ["passwd", "group"].map((file) => readFileSync(join(host.root, "etc", file), "utf8")),
    ).toEqual(["aistack:x:991:990::/var/lib/aistack:/usr/sbin/nologin\n", "aistack:x:990:\n"]);
    const { changes, output } = await host.install(["--yes"]);
    expect(changes).toEqual(["aistack install --yes"]);
    expect(output).toContain("This host is ready; nothing on it had to be changed.\n");
  },
  120_000,
);
