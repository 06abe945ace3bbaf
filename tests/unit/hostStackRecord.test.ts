import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readOwnership, readStackRecord } from "../../host/stackRecord";
import { EMPTY_RECORD } from "../../plan/stackRecord";
import { hostFacts, inspected, line } from "../support/plan/hostOutput";
import { planMinimal } from "../support/plan/stack";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-record-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (stack: string, text: string) => {
  const file = join(root, `.state/.pulumi/stacks/aistack/${stack}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};
const state = (id: string) =>
  JSON.stringify({
    version: 3,
    checkpoint: {
      latest: {
        resources: [
          { type: "docker:index/container:Container", id, inputs: { name: "aistack-ollama" } },
        ],
      },
    },
  });
const facts = hostFacts(line("container", `aistack-ollama\t${JSON.stringify(inspected())}`));
const ownership = (stack: string) =>
  readOwnership(root, {
    plan: planMinimal(),
    facts,
    record: readStackRecord(root, stack) ?? EMPTY_RECORD,
  });

test("a stack's state is its file's", () => {
  write("lab.json", state("c1"));
  expect(readStackRecord(root, "lab")?.objects).toEqual([
    { kind: "container", name: "aistack-ollama", id: "c1", current: true },
  ]);
});

test("no file and a damaged one are no state", () => {
  write("half.json", '{"version":3,');
  expect(readStackRecord(root, "none")).toBeUndefined();
  expect(readStackRecord(root, "half")).toBeUndefined();
});

test("the stack that has made an object is found among those of the checkout", () => {
  write("lab.json", state("c1"));
  write("other.json", state("c2"));
  write("lab.json.bak", state("c3"));
  expect(ownership("new").owners).toEqual({ c1: "lab", c2: "other" });
});

test("nobody else's state is read where the stack knows all there is", () => {
  write("lab.json", state("c1"));
  write("other.json", state("c2"));
  expect(ownership("lab").owners).toEqual({});
});
