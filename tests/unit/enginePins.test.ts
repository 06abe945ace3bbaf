// The same versions stand in package.json, in the recipe, in the Go modules and in pins.ts: they
// have to agree, since each is read by another program.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findProjectRoot } from "../../cli/artifacts";
import { PINS } from "../../cli/engine";

const root = findProjectRoot();
const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");

test("the npm packages are those whose plugins are pinned", () => {
  const { dependencies } = JSON.parse(read("package.json")) as {
    dependencies: Record<string, string>;
  };
  expect(dependencies["@pulumi/docker"]).toBe(PINS.docker);
  expect(dependencies["@pulumi/command"]).toBe(PINS.command);
});

test("the recipe builds the pinned versions", () => {
  const recipe = read("engine", "build.sh");
  expect(recipe).toContain(`\npulumi_version=${PINS.cli}\n`);
  expect(recipe).toContain(`\ndocker_plugin_version=${PINS.docker}\n`);
});

test("the Go modules require the pinned Pulumi", () => {
  expect(read("engine", "cli", "go.mod")).toContain(
    `\nrequire github.com/pulumi/pulumi/pkg/v3 v${PINS.cli}\n`,
  );
  expect(read("engine", "docker", "go.mod")).toContain(
    `\tgithub.com/pulumi/pulumi/sdk/v3 v${PINS.cli}\n`,
  );
});
