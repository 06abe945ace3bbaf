import { expect, test } from "vitest";
import { modelNameFault, modelSourceFault, planModels, withTag } from "../../plan/models";
import { settings } from "../support/plan/settings";

test.each([
  "tiny",
  "llama3.2:1b",
  "user/model",
  "user/model:tag",
  "hf.co/user/repo:Q4_K_M",
  "registry.local:5000/user/model:1",
  "a-b_c.d",
  "A",
  "x:y",
  `a${"b".repeat(199)}`,
])("%s is a model's name", (name) => {
  expect(modelNameFault(name)).toBeUndefined();
});

test.each([
  "",
  " ",
  "a b",
  ":tag",
  "a:",
  "a:b:c",
  "/a",
  "a/",
  "a//b",
  "a/b/c/d/e",
  "-a",
  ".a",
  "a:-b",
  "a@sha256:1",
  "file:x/y z",
  "a\nb",
  "ä",
  "$(x)",
  "a;b",
])("%j is none", (name) => {
  expect(modelNameFault(name)).toBe(
    `${JSON.stringify(name)} is not a model name such as llama3.2:1b`,
  );
});

test("a name of more than 200 characters is none, and is shown shortened", () => {
  expect(modelNameFault("a".repeat(201))).toBe(
    `"${"a".repeat(57)}..." is not a model name such as llama3.2:1b`,
  );
});

test.each<[string, string | undefined]>([
  ["file:models/tiny.gguf", undefined],
  ["file:/srv/a b.gguf", undefined],
  ["file:x", undefined],
  ["llama3.2:1b", undefined],
  ["file:", '"file:" must be followed by the path of a GGUF file'],
  ["file:a\0b", '"file:" must be followed by the path of a GGUF file'],
  ["/models/x.gguf", '"/models/x.gguf" is neither file:PATH nor a model name such as llama3.2:1b'],
  [
    "https://x/y.gguf",
    '"https://x/y.gguf" is neither file:PATH nor a model name such as llama3.2:1b',
  ],
  ["", '"" is neither file:PATH nor a model name such as llama3.2:1b'],
])("from %j", (from, fault) => {
  expect(modelSourceFault(from)).toBe(fault);
});

test.each([
  ["tiny", "tiny:latest"],
  ["tiny:1", "tiny:1"],
  ["user/tiny", "user/tiny:latest"],
  ["host:5000/tiny", "host:5000/tiny:latest"],
  ["host:5000/user/tiny:1", "host:5000/user/tiny:1"],
])("%s is %s to Ollama", (name, tagged) => {
  expect(withTag(name)).toBe(tagged);
});

test("models keep their order; each is made of its file or pulled", () => {
  const sha256 = "a".repeat(64);
  const models = [
    { name: "llama3.2:1b" },
    { name: "tiny", from: "file:models/tiny.gguf" },
    { name: "mine", from: "llama3.2" },
    { name: "checked:1", from: "file:/a.gguf", sha256 },
  ];
  expect(planModels(settings({ models }))).toEqual([
    { name: "llama3.2:1b", source: { kind: "pull", reference: "llama3.2:1b" } },
    { name: "tiny:latest", source: { kind: "file", path: "models/tiny.gguf" } },
    { name: "mine:latest", source: { kind: "pull", reference: "llama3.2:latest" } },
    { name: "checked:1", source: { kind: "file", path: "/a.gguf", sha256 } },
  ]);
});
