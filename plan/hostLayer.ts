import { createHash } from "node:crypto";
import {
  type AgentConfigInput,
  formatAgentConfig,
  toAgentConfig,
  watchdogSeconds,
} from "./agentConfig";
import { type HostBaselineSpec, planHostBaseline } from "./hostBaseline";
import type { HostPaths } from "./hostPaths";
import {
  ACCOUNT,
  AGENT_UNIT,
  agentUnit,
  IDLE_TIMER,
  IDLE_UNIT,
  idleTimer,
  idleUnit,
  suspendCommand,
  type UnitInput,
} from "./hostUnits";
import { renderLogrotate } from "./logrotateFile";
import type { Settings } from "./settings";
import { renderUnit, type UnitSections } from "./unitFile";
import { MODEL_SERVICE } from "./wiring";

/** What a stack installs on its host beside the containers, as plain data. */
export interface HostLayerSpec extends HostBaselineSpec {
  /** whose it is: a host has one agent */
  readonly stack: string;
  readonly claim: HostFileSpec;
  readonly executable: ExecutableSpec;
  readonly config: HostFileSpec;
  readonly rotation: HostFileSpec;
  readonly units: readonly UnitSpec[];
  /** systemd takes GPUs away from containers that run when it reads its units anew, so that comes first */
  readonly beforeContainers: boolean;
}

/** A system user with a group of the same name. */
export interface AccountSpec {
  readonly name: string;
  /** member of the group docker, which equals root; undefined: as it is */
  readonly dockerGroup: boolean | undefined;
}

/** Owner of a path; undefined under another root, where it is whoever installs. */
export type Owner = { readonly user: string; readonly group: string } | undefined;

export interface DirectorySpec {
  readonly path: string;
  /** four octal digits */
  readonly mode: string;
  readonly owner: Owner;
}

export interface HostFileSpec extends DirectorySpec {
  readonly content: string;
  readonly sha256: string;
}

export interface ExecutableSpec extends DirectorySpec {
  /** on the machine that deploys */
  readonly source: string;
  readonly sha256: string;
  /** that it is made for, as images name it: `amd64`, `arm64` */
  readonly architecture: string;
}

export interface UnitSpec extends HostFileSpec {
  readonly name: string;
  /** the link by which the unit starts with the host; undefined: something else starts it */
  readonly link: string | undefined;
  /** runs as long as it is installed */
  readonly running: boolean;
  /** paths that it has read when it started */
  readonly reads: readonly string[];
  /** folders that it writes to */
  readonly writes: readonly string[];
  /** identity of what it reads */
  readonly generation: string;
}

/** What of the configuration decides the layer. */
export type HostLayerSettings = Pick<
  Settings,
  "host" | "agent" | "idle" | "gpu" | "hostRoot" | "bindAddress"
>;

export interface HostLayerInput {
  readonly stack: string;
  readonly settings: HostLayerSettings;
  readonly services: AgentConfigInput["services"];
  /** where the engine keeps its data; undefined where the host does not tell */
  readonly dataRoot: string | undefined;
  /** the built agent on the machine that deploys */
  readonly executable: Pick<ExecutableSpec, "source" | "sha256" | "architecture">;
}

/** Nothing for a stack that has nothing on its host beside containers; a host over SSH has its baseline. */
export function hostLayerSettings(settings: Settings): { hostLayer?: HostLayerSettings } {
  const { host, agent, idle, gpu, hostRoot, bindAddress } = settings;
  if (!agent.enabled && !idle.enabled && host === undefined) return {};
  return { hostLayer: { host, agent, idle, gpu, hostRoot, bindAddress } };
}

/** Decides what is installed on the host. */
export function planHostLayer(input: HostLayerInput): HostLayerSpec {
  const { settings } = input;
  const baseline = planHostBaseline(settings);
  const { paths } = baseline;
  const owner = (user: string, group: string): Owner =>
    settings.hostRoot === "" ? { user, group } : undefined;
  const ofRoot = owner("root", "root");
  const ofAgent = owner(ACCOUNT, ACCOUNT);

  const config = hostFile(paths.config, "0640", owner("root", ACCOUNT), configText(input, paths));
  const unitInput: UnitInput = {
    paths,
    gpu: settings.gpu,
    bindAddress: settings.bindAddress,
    watchdogSeconds: watchdogSeconds(settings.agent.heartbeatSeconds),
    dataRoot: input.dataRoot,
    suspend: settings.idle.suspend,
  };
  const generation = sha256(`${input.executable.sha256}\n${config.sha256}`);
  const unit = (
    name: string,
    sections: UnitSections,
    running: boolean,
    { reads, writes }: Pick<UnitSpec, "reads" | "writes"> = { reads: [], writes: [] },
  ): UnitSpec => {
    const wantedBy = sections.Install?.WantedBy;
    return {
      name,
      ...hostFile(`${paths.units}/${name}`, "0644", ofRoot, renderUnit(name, sections)),
      link: typeof wantedBy === "string" ? `${paths.units}/${wantedBy}.wants/${name}` : undefined,
      running,
      reads,
      writes,
      generation: reads.length === 0 ? "" : generation,
    };
  };
  const ofRunningAgent = {
    reads: [paths.executable, paths.config],
    writes: [paths.state, paths.logs, paths.metrics],
  };
  const ownDirectories: DirectorySpec[] = [
    { path: paths.records, mode: "0755", owner: ofRoot },
    { path: paths.metrics, mode: "0750", owner: ofAgent },
    { path: paths.executableFolder, mode: "0755", owner: ofRoot },
  ];
  return {
    ...baseline,
    stack: input.stack,
    beforeContainers: settings.gpu !== "none",
    account: { ...baseline.account, dockerGroup: settings.agent.dockerGroup },
    directories: [...baseline.directories, ...ownDirectories],
    ownDirectories,
    claim: hostFile(paths.claim, "0644", ofRoot, `${input.stack}\n`),
    executable: { path: paths.executable, mode: "0755", owner: ofRoot, ...input.executable },
    config,
    rotation: hostFile(paths.logrotate, "0644", ofRoot, rotationText(paths, ofAgent)),
    units: [
      ...(settings.agent.enabled
        ? [unit(AGENT_UNIT, agentUnit(unitInput), true, ofRunningAgent)]
        : []),
      ...(settings.idle.enabled
        ? [
            // Read anew at every check: nothing to restart.
            unit(IDLE_UNIT, idleUnit(unitInput), false),
            unit(IDLE_TIMER, idleTimer(), true),
          ]
        : []),
    ],
  };
}

function configText(input: HostLayerInput, paths: HostPaths): string {
  const config = toAgentConfig({ ...input, modelService: MODEL_SERVICE });
  return formatAgentConfig({
    ...config,
    idle: { ...config.idle, suspendCommand: suspendCommand(paths) },
  });
}

function rotationText(paths: HostPaths, owner: Owner): string {
  const reopen = [
    // Not running: nothing holds the old file open.
    `if systemctl --quiet is-active ${AGENT_UNIT}; then`,
    // The agent alone, not what it has started. From systemd 252 on this is an abbreviation of --kill-whom.
    `    systemctl kill --kill-who=main --signal=USR1 ${AGENT_UNIT}`,
    "fi",
  ];
  const ofOwner = owner === undefined ? {} : { owner };
  return renderLogrotate(paths.logrotate, [
    { folder: paths.logs, ending: ".log", keep: 7, reopen, ...ofOwner },
    // The size counts only where logrotate runs more often than once a day: of itself it does not cap a day.
    {
      folder: paths.metrics,
      ending: ".jsonl",
      keep: 30,
      maxAgeDays: 30,
      maxSizeMiB: 15,
      reopen,
      ...ofOwner,
    },
  ]);
}

function hostFile(path: string, mode: string, owner: Owner, content: string): HostFileSpec {
  return { path, mode, owner, content, sha256: sha256(content) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
