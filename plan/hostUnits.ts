import type { HostPaths } from "./hostPaths";
import type { Settings } from "./settings";
import { type Directives, NOTHING, type UnitSections } from "./unitFile";

/** The account that the agent runs under. */
export const ACCOUNT = "aistack";

export const AGENT_UNIT = "aistack-agent.service";
export const IDLE_UNIT = "aistack-idle.service";
export const IDLE_TIMER = "aistack-idle.timer";

/** What of a stack decides its units. */
export interface UnitInput {
  readonly paths: HostPaths;
  readonly gpu: Settings["gpu"];
  readonly bindAddress: string;
  /** longest time without a sign of life before the agent counts as hanging */
  readonly watchdogSeconds: number;
  /** where the engine keeps its data, of which the agent tells the free space; undefined: unknown */
  readonly dataRoot: string | undefined;
  /** suspend the host where the idle check asks for it */
  readonly suspend: boolean;
}

/** The service that watches the host. */
export function agentUnit(input: UnitInput): UnitSections {
  const { paths } = input;
  return {
    Unit: {
      Description: "aistack agent: heartbeat and health of the AI services",
      // Only an order: where Docker is not a unit, nothing waits.
      After: ["network.target", "docker.service"],
      // Tries for a good minute and a half: a full disk may have been cleared by then.
      StartLimitIntervalSec: 300,
      StartLimitBurst: 20,
    },
    Service: {
      Type: "notify",
      // Node cannot send systemd's messages itself; a child of the agent does.
      NotifyAccess: "all",
      ExecStart: { words: [paths.executable, "agent", "--config", paths.config] },
      ExecReload: { words: ["/bin/kill", "-HUP", { variable: "MAINPID" }] },
      Restart: "on-failure",
      RestartSec: 5,
      WatchdogSec: input.watchdogSeconds,
      TimeoutStartSec: 30,
      TimeoutStopSec: 5,
      MemoryMax: "512M",
      CPUQuota: { percent: 50 },
      TasksMax: 64,
      ...runtimeFolder(paths, "aistack"),
      ...sandbox(input),
    },
    Install: { WantedBy: "multi-user.target" },
  };
}

/** One look at whether the host is idle. */
export function idleUnit(input: UnitInput): UnitSections {
  const { paths } = input;
  return {
    Unit: { Description: "aistack: one check whether this host is idle", After: "docker.service" },
    Service: {
      Type: "oneshot",
      ExecStart: { words: [paths.executable, "idle-check", "--config", paths.config] },
      // The check runs without privileges and only leaves word; root does the rest.
      ...(input.suspend
        ? { ExecStartPost: { privileged: true, words: ["/bin/sh", "-c", suspendScript(paths)] } }
        : {}),
      TimeoutStartSec: 60,
      MemoryMax: "256M",
      TasksMax: 64,
      // Two lines of systemd's own every ten seconds are noise.
      LogLevelMax: "notice",
      ...runtimeFolder(paths, "aistack-idle"),
      ...sandbox(input),
    },
  };
}

/** Every ten seconds, from the moment it is installed or the host has started. */
export function idleTimer(): UnitSections {
  return {
    Unit: { Description: "aistack: check every ten seconds whether this host is idle" },
    Timer: {
      // The second alone would never fire for the first time.
      OnBootSec: 10,
      OnUnitActiveSec: 10,
      // systemd's own is a minute.
      AccuracySec: "100ms",
    },
    Install: { WantedBy: "timers.target" },
  };
}

/** What the idle check runs to have the host suspended; its folder goes with the check that left it. */
export function suspendCommand(paths: HostPaths): string[] {
  return ["/usr/bin/touch", `${paths.runtime}/aistack-idle/suspend`];
}

/** Of itself, systemctl asks only on a terminal whether somebody holds a lock against it. */
function suspendScript(paths: HostPaths): string {
  return `if [ -e ${paths.runtime}/aistack-idle/suspend ]; then exec systemctl suspend --check-inhibitors=yes; fi`;
}

/** systemd makes and removes the folder; under another root there is no systemd of ours to do so. */
function runtimeFolder(paths: HostPaths, name: string): Directives {
  return paths.root === "" ? { RuntimeDirectory: name, RuntimeDirectoryMode: "0750" } : {};
}

/** All that a process which reads the host, asks services on it, and writes two folders can do without. */
function sandbox({ paths, gpu, bindAddress, dataRoot }: UnitInput): Directives {
  const nvidia = gpu === "nvidia";
  return {
    User: ACCOUNT,
    Group: ACCOUNT,
    UMask: "0027",
    ...(paths.root === ""
      ? {
          StateDirectory: "aistack",
          StateDirectoryMode: "0750",
          LogsDirectory: ["aistack", "aistack/metrics"],
          LogsDirectoryMode: "0750",
        }
      : { ReadWritePaths: [paths.state, paths.logs, paths.runtime] }),
    NoNewPrivileges: true,
    CapabilityBoundingSet: NOTHING,
    AmbientCapabilities: NOTHING,
    PrivateTmp: true,
    PrivateMounts: true,
    PrivateUsers: true,
    ProtectSystem: "strict",
    ...withoutHomes(dataRoot),
    ProtectProc: "invisible",
    // The agent reads /proc/meminfo and /proc/driver/nvidia.
    ProcSubset: "all",
    ProtectKernelTunables: true,
    ProtectKernelModules: true,
    ProtectKernelLogs: true,
    ProtectControlGroups: true,
    ProtectClock: true,
    ProtectHostname: true,
    DevicePolicy: "closed",
    ...(nvidia
      ? { DeviceAllow: ["/dev/nvidiactl rw", "char-nvidia rw", "char-nvidia-frontend rw"] }
      : { PrivateDevices: true }),
    RestrictNamespaces: true,
    RestrictRealtime: true,
    RestrictSUIDSGID: true,
    LockPersonality: true,
    RemoveIPC: true,
    KeyringMode: "private",
    LimitCORE: 0,
    SystemCallArchitectures: "native",
    SystemCallFilter: ["@system-service", "~@privileged @resources"],
    SystemCallErrorNumber: "EPERM",
    RestrictAddressFamilies: ["AF_UNIX AF_INET"],
    IPAddressDeny: "any",
    IPAddressAllow: [...new Set(["localhost", ...reachableAt(bindAddress)])],
  };
}

/**
 * No home of anybody's but the engine's data, should they be there: nothing below a folder that is closed can be seen.
 * A path that the directive would take apart is left out, and the heartbeat tells of no disk.
 */
function withoutHomes(dataRoot: string | undefined): Directives {
  return dataRoot !== undefined && /^\/(?:home|root|run\/user)\/[\w./@+-]+$/.test(dataRoot)
    ? { ProtectHome: "tmpfs", BindReadOnlyPaths: `-${dataRoot}` }
    : { ProtectHome: true };
}

/** Where services answer besides loopback. */
function reachableAt(bindAddress: string): string[] {
  return bindAddress.startsWith("127.") || bindAddress === "0.0.0.0" ? [] : [bindAddress];
}
