// What install.sh does about Docker, on hosts made of files: see tests/support/host/bareHost.ts.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { APT_INSTALL, BareHost } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost();
});
afterEach(() => host.remove());

describe("Docker", () => {
  test("is started directly where there is no systemd, whatever an old pid file says", async () => {
    host.withPackages();
    rmSync(join(host.folder, "engine"));
    rmSync(join(host.root, "run/systemd"), { recursive: true });
    // A process that is alive, but no engine: this one.
    host.write("run/docker.pid", String(process.pid));
    const { code, output, changes } = await host.install(["--yes"]);
    expect(output).toContain(
      "Docker does not run, and there is no systemd: starting dockerd in the background",
    );
    expect(changes[0]).toBe("dockerd ");
    expect(existsSync(join(host.root, "run/docker.pid"))).toBe(false);
    expect(code).toBe(0);
  });

  test("that runs is neither restarted nor installed again", async () => {
    const { output, changes } = await host.withPackages("20.10.24+dfsg1").install(["--yes"]);
    expect(output).toMatch(/warn +docker +20\.10\.24\+dfsg1/);
    expect(changes.filter((call) => /docker|systemctl|apt/.test(call))).toEqual([]);
  });

  test("from the distribution: where the docker command is a package of its own, that comes too", async () => {
    host.command("apt-cache", "echo '  Candidate: 26.1.5+dfsg1-9'", false);
    const { changes } = await host.install(["--yes"]);
    expect(changes).toContain(`${APT_INSTALL} docker.io docker-cli iptables`);
  });

  test("that was installed by a user's sudo is made usable for that user, in the same run", async () => {
    host.withUser(true);
    const engine = join(host.folder, "engine");
    host.later(
      "docker",
      `[ -e "${engine}" ] || { echo down >&2; exit 1; }
      [ -n "$AISTACK_JOINED_GROUP" ] || { echo "permission denied" >&2; exit 1; }
      [ "$1" != version ] || cat "${engine}"`,
      false,
    );
    host.command("usermod", "exit 0");
    const { code, output, changes } = await host.install(["--yes", "--stack", "lab"]);
    expect(output).toContain(
      "ada joins the group docker, whose members equal root, from the next login on (to undo it: sudo gpasswd -d ada docker).",
    );
    expect(changes).toContain("usermod -aG docker ada");
    expect(changes.at(-1)).toBe("aistack install --stack lab --yes");
    expect(code).toBe(0);
    // One log for both halves.
    const log = readFileSync(join(host.home, ".local/state/aistack/install.log"), "utf8");
    expect(log.match(/^# /gm)).toHaveLength(2);
  });
});
