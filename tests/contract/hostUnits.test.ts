import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AGENT_UNIT, IDLE_UNIT } from "../../plan/hostUnits";
import { renderUnit } from "../../plan/unitFile";
import { planLayer } from "../support/plan/hostLayer";

/*
 * What systemd itself says of the units. Its exit code alone tells little: it accepts a directive that it does not
 * know, with a line of output.
 */

interface Variant extends Readonly<Record<string, unknown>> {
  readonly dataRoot?: string;
}

const VARIANTS: Readonly<Record<string, Variant>> = {
  "without a GPU": {},
  "with NVIDIA's": { gpu: "nvidia" },
  "published on the network": { bindAddress: "192.168.1.5" },
  "whose engine keeps its data in a home": { dataRoot: "/home/docker" },
  "that may suspend the host": { idle: { enabled: true, suspend: true } },
};

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-units-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function systemdAnalyze(...args: readonly string[]) {
  const options = { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } } as const;
  const { status, stdout, stderr, error } = spawnSync("systemd-analyze", args, options);
  if (error !== undefined) throw error;
  return { status, output: stdout + stderr };
}

/** Writes the units, as they are on a host or with every path below the folder. */
function writeUnits({ dataRoot, ...config }: Variant, hostRoot = ""): string[] {
  const { units, paths } = planLayer({ ...config, hostRoot }, dataRoot);
  const executable = join(folder, "usr/local/lib/aistack/aistack-agent");
  mkdirSync(dirname(executable), { recursive: true });
  writeFileSync(executable, "#!/bin/sh\n", { mode: 0o755 });
  return units.map(({ name, content, path }) => {
    const file = paths.root === "" ? join(folder, name) : path;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  });
}

describe.each(Object.entries(VARIANTS))("units of a host %s", (_, config) => {
  it("systemd has nothing to say about them", () => {
    const files = writeUnits(config, folder);
    expect(files).toHaveLength(3);
    expect(systemdAnalyze("verify", ...files)).toEqual({ status: 0, output: "" });
  });

  it("are exposed no more than 1.5 of 10; 2.0 where they read the GPU", () => {
    const threshold = "gpu" in config ? "20" : "15";
    for (const file of writeUnits(config).filter((path) => path.endsWith(".service"))) {
      const score = ["security", "--offline=true", "--no-pager", `--threshold=${threshold}`, file];
      const { status, output } = systemdAnalyze(...score);
      expect(status, output).toBe(0);
      expect(output).toMatch(/Overall exposure level for aistack-\w+\.service: \d\.\d /);
    }
  });
});

it("a unit that were less closed, or misspelt, would be noticed", () => {
  const { units } = planLayer();
  const [agent = "", idle = ""] = [AGENT_UNIT, IDLE_UNIT].map(
    (name) => units.find((unit) => unit.name === name)?.content ?? "",
  );
  const file = join(folder, AGENT_UNIT);
  writeFileSync(file, agent.replace(/^(SystemCallFilter|RestrictNamespaces)=.*\n/gm, ""));
  const score = ["security", "--offline=true", "--no-pager", "--threshold=15", file];
  expect(systemdAnalyze(...score).status).toBe(1);

  const misspelt = join(folder, IDLE_UNIT);
  const bare = renderUnit(IDLE_UNIT, {
    Unit: { Description: "misspelt" },
    Service: { Type: "oneshot", ExecStart: { words: ["/bin/true"] }, ProtectSytem: "strict" },
  });
  writeFileSync(misspelt, bare);
  expect(idle).toContain("ProtectSystem=strict");
  expect(systemdAnalyze("verify", misspelt).output).toContain("'ProtectSytem' in section");
});
