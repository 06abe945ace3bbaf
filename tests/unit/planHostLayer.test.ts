import { describe, expect, test } from "vitest";
import { parseAgentConfig } from "../../plan/agentConfig";
import { hostLayerSettings } from "../../plan/hostLayer";
import { planLayer } from "../support/plan/hostLayer";
import { settings } from "../support/plan/settings";

const names = (config: Record<string, unknown>) => planLayer(config).units.map(({ name }) => name);

const unit = (name: string, config: Record<string, unknown> = {}, dataRoot?: string) => {
  const found = planLayer(config, dataRoot).units.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

/** The values of a directive, in order. */
const values = (content: string, directive: string) =>
  content
    .split("\n")
    .filter((line) => line.startsWith(`${directive}=`))
    .map((line) => line.slice(directive.length + 1));

describe("which stack has something on its host", () => {
  test.each([
    [{}, false],
    [{ agent: { enabled: true } }, true],
    [{ idle: { enabled: true } }, true],
  ])("%j: %s", (config, has) => {
    expect("hostLayer" in hostLayerSettings(settings(config))).toBe(has);
  });
});

describe("what is installed", () => {
  test("folders, with whom they belong to and who may enter", () => {
    expect(
      planLayer().directories.map(({ path, mode, owner }) => [
        path,
        mode,
        `${owner?.user}:${owner?.group}`,
      ]),
    ).toEqual([
      ["/etc/aistack", "0750", "root:aistack"],
      ["/var/lib/aistack", "0750", "aistack:aistack"],
      ["/var/log/aistack", "0750", "aistack:aistack"],
      ["/etc/aistack/installed", "0755", "root:root"],
      ["/var/log/aistack/metrics", "0750", "aistack:aistack"],
      ["/usr/local/lib/aistack", "0755", "root:root"],
    ]);
  });

  test("what goes with the stack: its own folders, and the file that says whose the agent is", () => {
    const { ownDirectories, claim } = planLayer();
    expect(ownDirectories.map(({ path }) => path)).toEqual([
      "/etc/aistack/installed",
      "/var/log/aistack/metrics",
      "/usr/local/lib/aistack",
    ]);
    expect([claim.path, claim.mode, claim.content]).toEqual([
      "/etc/aistack/stack",
      "0644",
      "test\n",
    ]);
  });

  test("the account, which is not root's equal unless that is asked for", () => {
    expect(planLayer().account).toEqual({
      name: "aistack",
      dockerGroup: false,
    });
    expect(planLayer({ agent: { enabled: true, dockerGroup: true } }).account.dockerGroup).toBe(
      true,
    );
  });

  test("the executable that was built", () => {
    expect(planLayer().executable).toEqual({
      path: "/usr/local/lib/aistack/aistack-agent",
      mode: "0755",
      owner: { user: "root", group: "root" },
      source: "/checkout/bin/aistack-agent",
      sha256: "e".repeat(64),
      architecture: "amd64",
    });
  });

  test("the agent's configuration: as the agent reads it, readable for it, written by root alone", () => {
    const { path, mode, owner, content } = planLayer().config;
    expect([path, mode, owner]).toEqual([
      "/etc/aistack/agent.json",
      "0640",
      { user: "root", group: "aistack" },
    ]);
    const config = parseAgentConfig(content, path);
    expect(config.services).toEqual([
      { name: "ollama", url: "http://127.0.0.1:11434/api/version", kind: "inference" },
    ]);
    expect(config.ollamaUrl).toBe("http://127.0.0.1:11434");
    expect(config.dataRoot).toBe("/var/lib/docker");
    expect(config.idle.suspendCommand).toEqual(["/usr/bin/touch", "/run/aistack-idle/suspend"]);
  });

  test("agent and idle check each bring their own units", () => {
    expect(names({})).toEqual([
      "aistack-agent.service",
      "aistack-idle.service",
      "aistack-idle.timer",
    ]);
    expect(names({ idle: {} })).toEqual(["aistack-agent.service"]);
    expect(names({ agent: {} })).toEqual(["aistack-idle.service", "aistack-idle.timer"]);
  });

  test("what starts with the host, what runs, what it has read, and where it writes", () => {
    const rows = planLayer().units.map(({ name, link, running, reads, writes }) => [
      name,
      link,
      running,
      reads,
      writes,
    ]);
    expect(rows).toEqual([
      [
        "aistack-agent.service",
        "/etc/systemd/system/multi-user.target.wants/aistack-agent.service",
        true,
        ["/usr/local/lib/aistack/aistack-agent", "/etc/aistack/agent.json"],
        ["/var/lib/aistack", "/var/log/aistack", "/var/log/aistack/metrics"],
      ],
      ["aistack-idle.service", undefined, false, [], []],
      [
        "aistack-idle.timer",
        "/etc/systemd/system/timers.target.wants/aistack-idle.timer",
        true,
        [],
        [],
      ],
    ]);
  });

  test("the rotation of logs and measurements, exactly", () => {
    const { path, mode, content } = planLayer().rotation;
    expect([path, mode]).toEqual(["/etc/logrotate.d/aistack", "0644"]);
    const [logs = "", metrics = ""] = content.split("\n\n");
    const common = `
    compress
    delaycompress
    missingok
    notifempty
    su aistack aistack
    nocreate
    sharedscripts
    postrotate
        if systemctl --quiet is-active aistack-agent.service; then
            systemctl kill --kill-who=main --signal=USR1 aistack-agent.service
        fi
    endscript
}`;
    expect(logs).toBe(`/var/log/aistack/*.log {
    daily
    rotate 7${common}`);
    expect(metrics).toBe(`/var/log/aistack/metrics/*.jsonl {
    daily
    rotate 30
    maxage 30
    maxsize 15M${common}
`);
  });

  test("containers wait where they have GPUs, which systemd's reload would take from them", () => {
    expect(planLayer().beforeContainers).toBe(false);
    expect(planLayer({ gpu: "nvidia" }).beforeContainers).toBe(true);
  });
});

describe("the agent's unit", () => {
  test("is supervised, limited, and stopped within five seconds", () => {
    const { content } = unit("aistack-agent.service");
    for (const line of [
      "Type=notify",
      "ExecStart=/usr/local/lib/aistack/aistack-agent agent --config /etc/aistack/agent.json",
      "ExecReload=/bin/kill -HUP $MAINPID",
      "Restart=on-failure",
      "RestartSec=5",
      "WatchdogSec=90",
      "TimeoutStopSec=5",
      "MemoryMax=512M",
      "CPUQuota=50%",
      "NoNewPrivileges=yes",
      "PrivateTmp=yes",
      "ProtectSystem=strict",
      "User=aistack",
    ])
      expect(content.split("\n")).toContain(line);
    // In [Service], systemd would ignore it.
    expect(content.split("[Service]")[0]).toContain(
      "StartLimitIntervalSec=300\nStartLimitBurst=20",
    );
  });

  test("is given up as hanging after two heartbeats and a slow one", () => {
    const config = { agent: { enabled: true, heartbeatSeconds: 10 } };
    expect(values(unit("aistack-agent.service", config).content, "WatchdogSec")).toEqual(["50"]);
  });

  test.each([
    ["127.0.0.1", ["localhost"]],
    ["127.0.0.2", ["localhost"]],
    ["0.0.0.0", ["localhost"]],
    ["192.168.1.5", ["localhost", "192.168.1.5"]],
  ])("reaches services that are published on %s, and nothing else", (bindAddress, allowed) => {
    const { content } = unit("aistack-agent.service", { bindAddress });
    expect(values(content, "IPAddressDeny")).toEqual(["any"]);
    expect(values(content, "IPAddressAllow")).toEqual(allowed);
  });

  test("sees devices only to read NVIDIA's GPUs", () => {
    for (const gpu of ["none", "amd", "intel"]) {
      const { content } = unit("aistack-agent.service", { gpu });
      expect(values(content, "PrivateDevices")).toEqual(["yes"]);
      expect(values(content, "DeviceAllow")).toEqual([]);
    }
    const { content } = unit("aistack-agent.service", { gpu: "nvidia" });
    expect(values(content, "PrivateDevices")).toEqual([]);
    expect(values(content, "DevicePolicy")).toEqual(["closed"]);
    expect(values(content, "DeviceAllow")).toEqual([
      "/dev/nvidiactl rw",
      "char-nvidia rw",
      "char-nvidia-frontend rw",
    ]);
  });

  test.each([
    ["/var/lib/docker", ["yes"], []],
    ["/home/docker-data", ["tmpfs"], ["-/home/docker-data"]],
    ["/home/docker data", ["yes"], []],
    ["/homes/docker", ["yes"], []],
  ])("sees no home, but the engine's data: %s", (dataRoot, protect, bound) => {
    const { content } = unit("aistack-agent.service", {}, dataRoot);
    expect(values(content, "ProtectHome")).toEqual(protect);
    expect(values(content, "BindReadOnlyPaths")).toEqual(bound);
  });

  test("differs in its generation with all that it reads", () => {
    const generations = [
      unit("aistack-agent.service"),
      unit("aistack-agent.service", { agent: { enabled: true, heartbeatSeconds: 31 } }),
    ].map(({ generation }) => generation);
    expect(new Set(generations).size).toBe(2);
    expect(unit("aistack-idle.timer").generation).toBe("");
  });
});

describe("the idle check's units", () => {
  test("the timer fires every ten seconds, exactly, and for a first time", () => {
    expect(unit("aistack-idle.timer").content).toBe(`[Unit]
Description=aistack: check every ten seconds whether this host is idle

[Timer]
OnBootSec=10
OnUnitActiveSec=10
AccuracySec=100ms

[Install]
WantedBy=timers.target
`);
  });

  test("nothing of it is root's, unless the host may be suspended", () => {
    const { content } = unit("aistack-idle.service");
    expect(values(content, "User")).toEqual(["aistack"]);
    expect(values(content, "ExecStart")).toEqual([
      "/usr/local/lib/aistack/aistack-agent idle-check --config /etc/aistack/agent.json",
    ]);
    expect(values(content, "ExecStartPost")).toEqual([]);
  });

  test("with suspend, root does that and only that, where the check has left word", () => {
    const { content } = unit("aistack-idle.service", { idle: { enabled: true, suspend: true } });
    expect(values(content, "User")).toEqual(["aistack"]);
    expect(values(content, "ExecStartPost")).toEqual([
      '+/bin/sh -c "if [ -e /run/aistack-idle/suspend ]; then exec systemctl suspend --check-inhibitors=yes; fi"',
    ]);
  });
});

test("under another root, every path begins with it, and everything is whoever installs'", () => {
  const spec = planLayer({ hostRoot: "/tmp/x" });
  const files = [spec.executable, spec.config, spec.rotation, ...spec.units];
  for (const { path, owner } of [...spec.directories, ...files]) {
    expect(path.startsWith("/tmp/x/")).toBe(true);
    expect(owner).toBeUndefined();
  }
  const { content } = unit("aistack-agent.service", { hostRoot: "/tmp/x" });
  expect(values(content, "ExecStart")).toEqual([
    "/tmp/x/usr/local/lib/aistack/aistack-agent agent --config /tmp/x/etc/aistack/agent.json",
  ]);
  expect(values(content, "StateDirectory")).toEqual([]);
  expect(values(content, "ReadWritePaths")).toEqual([
    "/tmp/x/var/lib/aistack",
    "/tmp/x/var/log/aistack",
    "/tmp/x/run",
  ]);
  expect(spec.rotation.content.split("\n")[0]).toBe("/tmp/x/var/log/aistack/*.log {");
});
