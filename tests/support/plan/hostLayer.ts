import { type HostFileFacts, parseHostFileFacts } from "../../../plan/hostFileFacts";
import { type HostLayerSpec, planHostLayer } from "../../../plan/hostLayer";
import { settings } from "./settings";

/** What a stack with this configuration installs on its host beside containers. */
export function planLayer(
  config: Readonly<Record<string, unknown>> = {},
  dataRoot = "/var/lib/docker",
): HostLayerSpec {
  return planHostLayer({
    stack: "test",
    settings: settings({ agent: { enabled: true }, idle: { enabled: true }, ...config }),
    services: [
      {
        name: "ollama",
        endpoint: "http://127.0.0.1:11434",
        readinessUrl: "http://127.0.0.1:11434/api/version",
      },
    ],
    dataRoot,
    executable: {
      source: "/checkout/bin/aistack-agent",
      sha256: "e".repeat(64),
      architecture: "amd64",
    },
  });
}

/** Lines as the probe prints them, by what they are about; a test replaces or drops some. */
export type HostLines = Map<string, string>;

/** What the probe prints of a host on which everything is as it was installed. */
export function installedLines(spec: HostLayerSpec): HostLines {
  const lines: HostLines = new Map([
    ["access", "access\troot"],
    ["systemd", "systemd\trunning"],
    ["logrotate", "logrotate\tpresent"],
    ["stack", "stack\ttest"],
    ["user", userLine()],
    ["group", "group\taistack:x:990:"],
    ["groups", "groups\taistack"],
  ]);
  const owned = (path: string, type: string, mode: string, user = "root", group = "root") =>
    lines.set(path, `entry\t${path}\t${type}\t${mode.replace(/^0/, "")}\t${user}\t${group}\t`);
  for (const { path, mode, owner } of spec.directories) {
    owned(path, "d", mode, owner?.user, owner?.group);
  }
  for (const file of [spec.claim, spec.executable, spec.config, spec.rotation, ...spec.units]) {
    owned(file.path, "f", file.mode, file.owner?.user, file.owner?.group);
    lines.set(`sha256 ${file.path}`, `sha256\t${file.path}\t${file.sha256}`);
    const name = file.path.split("/").at(-1);
    lines.set(`record ${file.path}`, `record\t${name}\t${file.sha256}`);
  }
  for (const unit of spec.units) {
    if (unit.link !== undefined) {
      lines.set(unit.link, `entry\t${unit.link}\tl\t777\troot\troot\t${unit.path}`);
    }
    lines.set(`unit ${unit.name}`, unitLines(unit.name, unit.running ? "active" : "inactive"));
  }
  return lines;
}

/** What the probe prints of the account. */
export function userLine({ id = 991, groupId = 990, shell = "/usr/sbin/nologin" } = {}): string {
  return `user\taistack:x:${id}:${groupId}:aistack services:/var/lib/aistack:${shell}`;
}

/** What the probe prints of one unit. */
export function unitLines(
  name: string,
  active: string,
  changes: Readonly<Record<string, string>> = {},
): string {
  const properties = {
    Id: name,
    LoadState: "loaded",
    ActiveState: active,
    FragmentPath: `/etc/systemd/system/${name}`,
    NeedDaemonReload: "no",
    DropInPaths: "",
    ...changes,
  };
  const lines = Object.entries(properties).map(([key, value]) => `unit\t${key}=${value}`);
  return [...lines, "unit\t"].join("\n");
}

export function factsOf(lines: HostLines): HostFileFacts {
  return parseHostFileFacts([...lines.values(), ""].join("\n"));
}
