import type { GpuEngineFacts, GpuHostFacts, ToolkitFacts } from "./gpuFacts";
import { usesApt } from "./nvmlRemedies";
import { isOlder } from "./versions";

/** Source of the install commands: NVIDIA/cloud-native-docs, container-toolkit/install-guide.md, as of 1.20. */
const REPOSITORY = "https://nvidia.github.io/libnvidia-container";
const KEYRING = "/usr/share/keyrings/nvidia-container-toolkit-keyring.gpg";

const APT_COMMANDS = [
  "sudo apt-get update && sudo apt-get install -y --no-install-recommends ca-certificates curl gnupg2",
  `curl -fsSL ${REPOSITORY}/gpgkey | sudo gpg --dearmor --yes -o ${KEYRING}`,
  `curl -fsSL ${REPOSITORY}/stable/deb/nvidia-container-toolkit.list | sed 's#deb https://#deb [signed-by=${KEYRING}] https://#g' | sudo tee /etc/apt/sources.list.d/nvidia-container-toolkit.list`,
  "sudo apt-get update && sudo apt-get install -y nvidia-container-toolkit",
];

const DNF_COMMANDS = [
  `curl -fsSL ${REPOSITORY}/stable/rpm/nvidia-container-toolkit.repo | sudo tee /etc/yum.repos.d/nvidia-container-toolkit.repo`,
  "sudo dnf install -y nvidia-container-toolkit",
];

const RESTART = "sudo systemctl restart docker";
const WARNING =
  "The restart of Docker stops every container of this host, unless daemon.json has live-restore";

/** The first engine that knows CDI; from 28.2 on it need not be told to use it. Source: Docker's release notes. */
export const CDI_ENGINE = "25";

export const WRITE_CDI_SPEC =
  "sudo mkdir -p /var/run/cdi && sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml";

/** The commands that bring the container toolkit onto a host, and the engine to using it; one a line. */
export function installToolkit(
  host: GpuHostFacts,
  engine: GpuEngineFacts | undefined,
  toolkit: ToolkitFacts,
): string {
  const install = usesApt(host) ? APT_COMMANDS : DNF_COMMANDS;
  const settled = toolkit.runtime || toolkit.engineReadsCdi;
  return settled
    ? commands("Install it", [...install, ...(toolkit.engineReadsCdi ? [WRITE_CDI_SPEC] : [])])
    : `${commands("Install it", [...install, ...configureCommands(engine)])}\n${WARNING}`;
}

/** The commands that bring an installed toolkit to the newest version. */
export function updateToolkit(host: GpuHostFacts): string {
  // With the repository too: a toolkit that is that old may be another repository's.
  return commands("Update it", usesApt(host) ? APT_COMMANDS : DNF_COMMANDS);
}

/** How Docker is told of the toolkit. */
export function configureEngine(engine: GpuEngineFacts): string {
  return `${commands("Tell Docker of it", configureCommands(engine))}\n${WARNING}`;
}

/** For an engine that reads no CDI specifications so far. */
function configureCommands(engine: GpuEngineFacts | undefined): string[] {
  const knowsCdi = engine !== undefined && !isOlder(engine.version, CDI_ENGINE);
  const configure = "sudo nvidia-ctk runtime configure --runtime=docker";
  return knowsCdi ? [`${configure} --cdi.enabled`, WRITE_CDI_SPEC, RESTART] : [configure, RESTART];
}

function commands(title: string, lines: readonly string[]): string {
  return `${title}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
