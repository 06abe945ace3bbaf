import { dirname } from "node:path";
import { expect, test } from "vitest";
import { engineEnvironment } from "../../cli/engine";
import { isNoSource } from "../../cli/engine/buildPiece";

const ENGINE = { binDir: "/cache/home/bin", pulumiHome: "/cache/home" };
const NODE = dirname(process.execPath);

test("the engine and a Node that is new enough come first on the PATH", () => {
  expect(engineEnvironment(ENGINE, { PATH: "/usr/bin:/bin" })).toEqual({
    PATH: `/cache/home/bin:${NODE}:/usr/bin:/bin`,
    PULUMI_HOME: "/cache/home",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  });
});

test("entering the environment twice changes nothing", () => {
  const once = engineEnvironment(ENGINE, { PATH: "/usr/bin" });
  expect(engineEnvironment(ENGINE, once)).toEqual(once);
});

test.each([
  ["build.sh", false],
  ["docker/main.go", false],
  ["docker/go.mod", false],
  ["docker/go.sum", false],
  ["command/local/command.go", false],
  ["command/local/command_test.go", true],
  ["command/pulumi-resource-command", true],
  ["command/README.md", true],
])("whether %s is left out of the key: %s", (path, expected) => {
  expect(isNoSource(path)).toBe(expected);
});
