import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectNoChanges, lifeOf } from "../support/e2e/stack";
import { TINY_MODEL, type Workspace } from "../support/e2e/workspace";
import { type AgentEvent, readEvents } from "../support/systemd/agentLog";
import { bootHost, type HostUnderSystemd, until, warningsOf } from "../support/systemd/host";
import type { Machine } from "../support/systemd/machine";
import { escapeAttempts } from "../support/systemd/sandbox";

const AGENT = "aistack-agent.service";
const TIMER = "aistack-idle.timer";
const UNITS = "/etc/systemd/system";

const config = (afterMinutes: number) =>
  [
    "  aistack:agent: { enabled: true, heartbeatSeconds: 1 }",
    `  aistack:idle: { enabled: true, afterMinutes: ${afterMinutes} }`,
    TINY_MODEL,
  ].join("\n");

/**
 * The host layer under a real systemd: the whole program runs inside of a machine whose process 1 is the host's own
 * systemd. Each test builds on the state that the one before it left.
 */
describe("a host under systemd", () => {
  let host: HostUnderSystemd;
  let workspace: Workspace;
  let machine: Machine;
  /** what is on the machine's disk before anything was installed */
  let untouched: string[];

  const shell = (script: string) => machine.shell(script);
  const events = (name: AgentEvent["event"]) => readEvents(machine, name);
  const mainPid = () => machine.property(AGENT, "MainPID");
  /** Another value is another run of what is installed, or of the container beside it. */
  const lives = async () => ({
    agent: await machine.property(AGENT, "InvocationID"),
    timer: await machine.property(TIMER, "InvocationID"),
    container: await lifeOf(workspace, "ollama"),
  });
  /** An update that succeeds, without a preview of its own before it. @returns what it printed */
  const update = async () => {
    const up = await workspace.pulumi("up", "--yes", "--skip-preview");
    expect(up.code, up.output).toBe(0);
    return up.output;
  };
  const beating = async () => {
    const before = (await events("agent.heartbeat")).length;
    await until("a heartbeat", 15, async () => (await events("agent.heartbeat")).length > before);
  };
  const startedAnew = (before: string) =>
    until("another process", 15, async () => !["0", before].includes(await mainPid()));
  /** Everything below the folders in which something is installed. */
  const listing = async () => {
    const folders = "/etc /usr/local /var/lib/aistack /var/log/aistack";
    return (await shell(`find ${folders} 2>/dev/null || true`)).split("\n").sort();
  };

  beforeAll(async () => {
    host = await bootHost(config(30));
    ({ workspace, machine } = host);
    workspace.place = machine;
    await workspace.prepare();
    // Somebody else's, with names that look like ours.
    await shell(`touch /etc/logrotate.d/aistack-other ${UNITS}/aistack-other.service`);
    // Every host has them.
    await shell(`mkdir ${UNITS}/multi-user.target.wants ${UNITS}/timers.target.wants`);
    untouched = await listing();
  });
  afterAll(() => host?.remove());

  it("first up: what is installed belongs to whom it should, and runs", async () => {
    expect(warningsOf(await update())).toEqual([]);
    const installed = [
      "/etc/aistack /etc/aistack/agent.json /etc/aistack/stack /etc/logrotate.d/aistack",
      `/usr/local/lib/aistack /usr/local/lib/aistack/aistack-agent ${UNITS}/aistack-[ai]*`,
      "/var/lib/aistack /var/log/aistack /var/log/aistack/metrics",
    ].join(" ");
    expect(await shell(`stat -c '%A %U:%G %n' ${installed}`)).toBe(
      [
        "drwxr-x--- root:aistack /etc/aistack",
        "-rw-r----- root:aistack /etc/aistack/agent.json",
        "-rw-r--r-- root:root /etc/aistack/stack",
        "-rw-r--r-- root:root /etc/logrotate.d/aistack",
        "drwxr-xr-x root:root /usr/local/lib/aistack",
        "-rwxr-xr-x root:root /usr/local/lib/aistack/aistack-agent",
        `-rw-r--r-- root:root ${UNITS}/aistack-agent.service`,
        `-rw-r--r-- root:root ${UNITS}/aistack-idle.service`,
        `-rw-r--r-- root:root ${UNITS}/aistack-idle.timer`,
        "drwxr-x--- aistack:aistack /var/lib/aistack",
        "drwxr-x--- aistack:aistack /var/log/aistack",
        "drwxr-x--- aistack:aistack /var/log/aistack/metrics",
      ].join("\n"),
    );
    expect(await shell(`systemctl is-enabled ${AGENT} ${TIMER}`)).toBe("enabled\nenabled");
    expect(await shell(`systemctl is-active ${AGENT} ${TIMER}`)).toBe("active\nactive");
    // Not in the group docker, which would be root's equal.
    expect(await shell("id -nG aistack")).toBe("aistack");
    const verify = ["systemd-analyze", "verify", AGENT, "aistack-idle.service", TIMER];
    expect(await machine.run(verify)).toMatchObject({ code: 0, output: "" });
  });

  it("second preview: empty, and nothing was touched", async () => {
    const files = `/etc/aistack/agent.json /etc/aistack/installed/* ${UNITS}/aistack-* /etc/logrotate.d/aistack /usr/local/lib/aistack/*`;
    const state = async () => [await shell(`stat -c '%n %i %.Y %.Z' ${files}`), await lives()];
    const before = await state();
    await expectNoChanges(workspace);
    expect(await state()).toEqual(before);
  });

  it("the agent's heart beats, and systemd shows what it says", async () => {
    await until("three beats", 10, async () => (await events("agent.heartbeat")).length >= 3);
    const beats = await events("agent.heartbeat");
    expect(beats.map(({ sequence }) => sequence)).toEqual(beats.map((_, index) => index + 1));
    expect(await machine.property(AGENT, "StatusText")).toBe("1 of 1 services healthy");
  });

  it("hardening: the agent has no privileges", async () => {
    const fields = "CapEff|CapBnd|NoNewPrivs|Seccomp|Uid";
    const status = await shell(
      `grep -E '^(${fields}):' /proc/${await mainPid()}/status | tr '\\t' ' ' | sort`,
    );
    const uid = await shell("id -u aistack");
    expect(status.split("\n")).toEqual([
      "CapBnd: 0000000000000000",
      "CapEff: 0000000000000000",
      "NoNewPrivs: 1",
      "Seccomp: 2",
      `Uid: ${uid} ${uid} ${uid} ${uid}`,
    ]);
  });

  it("hardening: its sandbox holds, of the agent and of the idle check", async () => {
    for (const unit of [AGENT, "aistack-idle.service"])
      expect(await escapeAttempts(machine, unit)).toEqual(["done"]);
  });

  it("SIGHUP: the configuration is read anew, a bad one refused, by the same process", async () => {
    const before = await mainPid();
    const reload = async (count: number) => {
      await shell(`systemctl reload ${AGENT}`);
      await until("the reload", 5, async () => (await events("agent.reload")).length === count);
    };
    await reload(1);
    // A check in the meantime would refuse the configuration, too.
    const checks = (await events("idle.check")).length;
    await until("a check", 12, async () => (await events("idle.check")).length > checks);
    await shell("cp -p /etc/aistack/agent.json /root/right && echo '{' >/etc/aistack/agent.json");
    await reload(2);
    await shell("cp -p /root/right /etc/aistack/agent.json");
    expect((await events("agent.reload")).map(({ accepted }) => accepted)).toEqual([true, false]);
    await beating();
    expect(await mainPid()).toBe(before);
  });

  it("kill -9: systemd starts it anew", async () => {
    const before = await mainPid();
    await shell(`systemctl kill --signal=KILL ${AGENT}`);
    await startedAnew(before);
    await beating();
    expect(await machine.property(AGENT, "NRestarts")).toBe("1");
  });

  it("a missed watchdog: systemd starts it anew", async () => {
    // Of itself, systemd waits for half a minute longer than two heartbeats, and then for five seconds.
    await shell(
      `mkdir ${UNITS}/${AGENT}.d && printf '[Service]\\nWatchdogSec=3\\nRestartSec=100ms\\n' >${UNITS}/${AGENT}.d/short.conf
      systemctl daemon-reload; systemctl restart ${AGENT}`,
    );
    await beating();
    const before = await mainPid();
    await shell(`kill -STOP ${before}`);
    await startedAnew(before);
    await beating();
    const said = `journalctl --quiet --output=cat --unit=${AGENT} --grep='Watchdog timeout'`;
    expect(await shell(said)).toBe(`${AGENT}: Watchdog timeout (limit 3s)!`);
  });

  it("stop: within five seconds, by itself", async () => {
    const started = Date.now();
    await shell(`systemctl stop ${AGENT}`);
    expect(Date.now() - started).toBeLessThan(5000);
    expect(await machine.property(AGENT, "Result")).toBe("success");
    expect(await events("agent.stopped")).toHaveLength(2);
  });

  it("the timer fires every ten seconds, within one", async () => {
    await until("four checks", 40, async () => (await events("idle.check")).length >= 4);
    const times = (await events("idle.check")).map(({ time }) => Date.parse(time));
    const intervals = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const interval of intervals) expect(Math.abs(interval - 10_000)).toBeLessThan(1000);
  });

  it("drift: a preview names each, an up mends each, and nothing that runs starts anew", async () => {
    await shell(
      `rm ${UNITS}/${AGENT}.d/short.conf; systemctl daemon-reload; systemctl start ${AGENT}`,
    );
    const before = await lives();
    await shell(`
      mkdir ${UNITS}/aistack-idle.service.d
      printf '[Service]\\nNice=5\\n' >${UNITS}/aistack-idle.service.d/override.conf
      rm ${UNITS}/multi-user.target.wants/${AGENT}
      chmod 777 /usr/local/lib/aistack
      chown nobody /etc/aistack
      chmod 666 /etc/aistack/agent.json
      rm /etc/logrotate.d/aistack
      chmod 777 /usr/local/lib/aistack/aistack-agent
      usermod --append --groups docker --shell /bin/sh aistack`);
    const preview = await workspace.pulumi("preview", "--expect-no-changes");
    expect(preview.code).not.toBe(0);
    const named = [
      "user aistack can log in (its shell is /bin/sh)",
      "user aistack is in the group docker",
      "directory /etc/aistack belongs to nobody:aistack, not root:aistack",
      "directory /usr/local/lib/aistack has mode 0777, not 0755",
      "file /usr/local/lib/aistack/aistack-agent has mode 0777, not 0755",
      "file /etc/aistack/agent.json has mode 0666, not 0640",
      "file /etc/logrotate.d/aistack is missing",
      `unit ${AGENT} is disabled`,
      `unit aistack-idle.service has a drop-in that is not aistack's: ${UNITS}/aistack-idle.service.d/override.conf`,
    ];
    expect(warningsOf(preview.output)).toEqual(named);
    const status = await workspace.aistack("status", "--json");
    expect(JSON.parse(status.output)).toMatchObject({ drift: named, changes: [] });
    expect(status.code).toBe(4);
    const output = await update();
    expect(warningsOf(output)).toEqual(named);
    expect(output).toMatch(
      /override\.conf altered aistack-idle\.service; it was moved to \/etc\/aistack\/set-aside\/aistack-idle\.service\.override\.conf\.\d{8}T\d{6}Z/,
    );
    expect(await shell("cat /etc/aistack/set-aside/*")).toBe("[Service]\nNice=5");
    expect(await machine.property("aistack-idle.service", "Nice")).toBe("0");
    expect(await lives()).toEqual(before);
  });

  it("drift of what runs: a drop-in on the agent, its folders deleted; an up starts it anew, as declared", async () => {
    const before = await lives();
    await shell(`
      mkdir ${UNITS}/${AGENT}.d
      printf '[Service]\\nNice=5\\n' >${UNITS}/${AGENT}.d/nice.conf
      systemctl daemon-reload; systemctl restart ${AGENT}
      rm -r /var/log/aistack /var/lib/aistack`);
    const altered = await mainPid();
    const nice = async () => shell(`cut -d ' ' -f 19 /proc/${await mainPid()}/stat`);
    expect(await nice()).toBe("5");
    // systemd makes them for the idle check. The agent does not see that they are others.
    const folders = ["/var/lib/aistack", "/var/log/aistack", "/var/log/aistack/metrics"];
    await until("the folders", 15, async () =>
      (await shell(`ls -d ${folders.join(" ")} 2>/dev/null || true`)).includes("metrics"),
    );
    const lost = folders.map(
      (path) => `unit ${AGENT} no longer writes to ${path}, which was made anew since it started`,
    );
    expect(warningsOf(await update())).toEqual([
      ...lost,
      `unit ${AGENT} has a drop-in that is not aistack's: ${UNITS}/${AGENT}.d/nice.conf`,
    ]);
    expect(["0", altered]).not.toContain(await mainPid());
    expect(await nice()).toBe("0");
    await beating();
    expect(await shell(`stat -c %U /proc/${await mainPid()} /var/log/aistack/metrics/*`)).toBe(
      "aistack\naistack",
    );
    const after = await lives();
    expect(after).toEqual({ ...before, agent: after.agent });
    await expectNoChanges(workspace);
  });

  it("drift that an up leaves to people: a drop-in for all services is told at each preview, with a remedy", async () => {
    await shell(`mkdir ${UNITS}/service.d; echo '[Service]' >${UNITS}/service.d/all.conf`);
    const told = (unit: string) =>
      `unit ${unit} is altered by ${UNITS}/service.d/all.conf, which may be for other units too, so it stays. Remove it, or hide it from this unit: ln -s /dev/null ${UNITS}/${unit}.d/all.conf; then systemctl daemon-reload, and systemctl restart ${unit}`;
    const preview = () => workspace.pulumi("preview", "--expect-no-changes");
    const first = await preview();
    expect([first.code, warningsOf(first.output)]).toEqual([
      0,
      [told(AGENT), told("aistack-idle.service")],
    ]);
    for (const unit of [AGENT, "aistack-idle.service"])
      await shell(`mkdir ${UNITS}/${unit}.d; ln -s /dev/null ${UNITS}/${unit}.d/all.conf`);
    await shell("systemctl daemon-reload");
    const second = await preview();
    expect([second.code, warningsOf(second.output)]).toEqual([0, []]);
    await shell(`rm -r ${UNITS}/service.d ${UNITS}/aistack-*.d; systemctl daemon-reload`);
  });

  it("another stack's agent is not taken from it: a preview refuses", async () => {
    await shell("cp -p /etc/aistack/stack /root/claim; echo other >/etc/aistack/stack");
    const { code, output } = await workspace.pulumi("preview");
    await shell("cp -p /root/claim /etc/aistack/stack");
    expect(code).not.toBe(0);
    expect(output).toContain(
      "aistack:agent, aistack:idle: the agent on this host belongs to the stack other, and a host has one agent. Remove both keys from one of the two stacks; where the other one no longer exists, remove /etc/aistack/stack",
    );
  });

  it("drift of units: edited, stopped, deleted, masked; an up brings them back, and nothing else starts anew", async () => {
    const { container } = await lives();
    await shell(`
      sed -i 's/^MemoryMax=.*/MemoryMax=1G/' ${UNITS}/${AGENT}
      sed -i 's/"afterMinutes": 30/"afterMinutes": 9/' /etc/aistack/agent.json
      systemctl stop ${AGENT} ${TIMER}
      rm ${UNITS}/aistack-idle.service ${UNITS}/${TIMER}
      ln -s /dev/null ${UNITS}/${TIMER}
      systemctl daemon-reload`);
    const output = await update();
    expect(warningsOf(output)).toEqual([
      "file /etc/aistack/agent.json was edited",
      `unit ${AGENT} was edited`,
      `unit ${AGENT} is not running (inactive)`,
      "unit aistack-idle.service is missing",
      `unit ${TIMER} is masked`,
      `unit ${TIMER} is not running (inactive)`,
    ]);
    expect(output).toContain(`${TIMER} was masked by ${UNITS}/${TIMER}; it is unmasked`);
    expect(await shell(`systemctl is-active ${AGENT} ${TIMER}`)).toBe("active\nactive");
    expect(await machine.property(AGENT, "MemoryMax")).toBe(String(512 * 1024 ** 2));
    expect((await lives()).container).toBe(container);
    await expectNoChanges(workspace);
  });

  it("update: another configuration is no drift, and starts the agent anew, and only that", async () => {
    const before = await lives();
    workspace.configure(config(31));
    expect(warningsOf(await update())).toEqual([]);
    const after = await lives();
    expect(after).toEqual({ ...before, agent: after.agent });
    expect(after.agent).not.toBe(before.agent);
  });

  it("logrotate: forced while the agent writes, no line is lost, and none goes to an old file", async () => {
    const beats = (await events("agent.heartbeat")).length;
    for (let times = 0; times < 3; times += 1) {
      await beating();
      const rotate = ["logrotate", "--force", "/etc/logrotate.d/aistack"];
      expect(await machine.run(rotate)).toMatchObject({ code: 0, output: "" });
    }
    await beating();
    const files = "agent.log.3.gz agent.log.2.gz agent.log.1 agent.log";
    const all = await readEvents(machine, undefined, files);
    expect(all.filter(({ event }) => event === "agent.heartbeat").length).toBeGreaterThan(
      beats + 3,
    );
    // From each start of the agent on, one number after the other.
    let last = 0;
    for (const { event, sequence } of all) {
      if (event === "agent.started") last = 0;
      else if (event === "agent.heartbeat") {
        expect(sequence).toBe(last + 1);
        last += 1;
      }
    }
    const open = `readlink /proc/${await mainPid()}/fd/* | grep /var/log/aistack | sort`;
    expect(await shell(open)).toBe(
      "/var/log/aistack/agent.log\n/var/log/aistack/metrics/metrics.jsonl",
    );
    expect(await shell("stat -c '%A %U:%G' /var/log/aistack/agent.log")).toBe(
      "-rw-r----- aistack:aistack",
    );
  });

  it("destroy: what was installed goes; what was written, and what is somebody else's, stays", async () => {
    const destroyed = await workspace.pulumi("destroy", "--yes");
    expect(destroyed.code, destroyed.output).toBe(0);
    const left = await listing();
    const data = /^\/var\/(?:lib|log)\/aistack\/|^\/etc\/aistack\/set-aside\//;
    expect(left.filter((path) => !untouched.includes(path) && !data.test(path))).toEqual([
      "/etc/aistack",
      "/etc/aistack/set-aside",
      "/var/lib/aistack",
      "/var/log/aistack",
    ]);
    expect(untouched.filter((path) => !left.includes(path))).toEqual([]);
    // As the folders above, it is the host's, whoever made it.
    expect(await shell("id -nG aistack")).toBe("aistack");
    const units = "systemctl list-units --all --no-legend --plain 'aistack-*'";
    expect(await shell(units)).toBe("");
  });
});
