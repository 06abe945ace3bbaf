import { describe, expect, test } from "vitest";
import { decodeStackFile } from "../../plan/configKeys";
import { readSettings } from "../../plan/settings";
import { parseYaml } from "../../plan/yamlDocument";
import { problemsOf } from "../support/plan/problems";

/** What is told of a stack file with these lines under `config:`. */
function told(...lines: readonly string[]): string[] {
  const file = parseYaml(
    "s.yaml",
    `config:\n${lines.map((line) => `  aistack:${line}\n`).join("")}`,
  );
  return problemsOf(() => readSettings(decodeStackFile(file.value), file));
}

const SUSPEND = "idle: {enabled: true, suspend: true}";

describe("a host that is suspended when nobody uses it", () => {
  test.each<[string, readonly string[]]>([
    ["serves itself alone", [SUSPEND]],
    ["serves another address of loopback", [SUSPEND, "bindAddress: 127.0.0.2"]],
    ["has NVIDIA's GPUs", [SUSPEND, "gpu: nvidia"]],
    ["has AMD's GPUs", [SUSPEND, "gpu: amd"]],
  ])("%s", (_, lines) => {
    expect(told(...lines)).toEqual([]);
  });

  test.each(["0.0.0.0", "192.168.1.20"])("must not serve the network at %s", (address) => {
    expect(told(SUSPEND, `bindAddress: ${address}`)).toEqual([
      `s.yaml:2: aistack:idle.suspend: the host would be suspended while clients use it: those that come by ${address} are not seen. Set aistack:idle.suspend to false, or aistack:bindAddress to 127.0.0.1`,
    ]);
  });

  test("must not have Intel's GPUs; and every fault is told", () => {
    expect(told(SUSPEND, "gpu: intel", "bindAddress: 0.0.0.0")).toEqual([
      "s.yaml:2: aistack:idle.suspend: the host would be suspended while clients use it: those that come by 0.0.0.0 are not seen. Set aistack:idle.suspend to false, or aistack:bindAddress to 127.0.0.1",
      "s.yaml:2: aistack:idle.suspend: the host would never be suspended: whether Intel's GPUs compute cannot be read. Set aistack:idle.suspend to false",
    ]);
  });
});

test.each(["idle: {enabled: true}", "idle: {enabled: false, suspend: true}"])(
  "a host that stays awake may serve the network: %s",
  (idle) => {
    expect(told(idle, "bindAddress: 0.0.0.0", "gpu: intel")).toEqual([]);
  },
);
