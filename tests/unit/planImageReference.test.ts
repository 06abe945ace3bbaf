import { expect, test } from "vitest";
import { imageReferenceFault, parseImageReference } from "../../plan/imageReference";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

test.each<[string, string, string | undefined, string | undefined]>([
  ["ollama/ollama:0.34.3", "ollama/ollama", "0.34.3", undefined],
  ["ollama", "ollama", undefined, undefined],
  ["ollama:1", "ollama", "1", undefined],
  ["ghcr.io/open-webui/open-webui:v0.12.4", "ghcr.io/open-webui/open-webui", "v0.12.4", undefined],
  ["localhost:5000/a:1", "localhost:5000/a", "1", undefined],
  ["localhost:5000/a", "localhost:5000/a", undefined, undefined],
  ["Registry.Example.COM/a/b:1", "Registry.Example.COM/a/b", "1", undefined],
  ["127.0.0.1:5000/x:1", "127.0.0.1:5000/x", "1", undefined],
  ["a/b/c/d/e:1", "a/b/c/d/e", "1", undefined],
  ["a__b/c--d/e.f_g:T_1.2-3", "a__b/c--d/e.f_g", "T_1.2-3", undefined],
  [
    "aistack.invalid/ollama:0123456789abcdef",
    "aistack.invalid/ollama",
    "0123456789abcdef",
    undefined,
  ],
  [`a@${DIGEST}`, "a", undefined, DIGEST],
  [`a/b:1@${DIGEST}`, "a/b", "1", DIGEST],
  [`localhost:5000/a/b@${DIGEST}`, "localhost:5000/a/b", undefined, DIGEST],
  [`a:${"t".repeat(128)}`, "a", "t".repeat(128), undefined],
])("%s is taken apart", (reference, repository, tag, digest) => {
  expect(parseImageReference(reference)).toEqual({ repository, tag, digest });
});

test.each([
  "",
  " ",
  "a b",
  "a:",
  ":1",
  "a:b:c",
  "a/",
  "/a",
  "a//b",
  "Ollama:1",
  "ollama/Ollama:1",
  "-a:1",
  "a-:1",
  "a_:1",
  "a:-1",
  "a:.1",
  `a:${"t".repeat(129)}`,
  "a:tag with blank",
  "a@sha256:abc",
  `a@${DIGEST}0`,
  `a@md5:${"0".repeat(32)}`,
  `a@${DIGEST}@${DIGEST}`,
  `a@${DIGEST.toUpperCase()}`,
  "http://a/b:1",
  "a:1\n",
  "a$b:1",
  "ä:1",
  "..:1",
])("%j is no reference", (reference) => {
  expect(parseImageReference(reference)).toBeUndefined();
  const shown = reference.length > 60 ? `${reference.slice(0, 57)}...` : reference;
  expect(imageReferenceFault(reference)).toBe(
    `${JSON.stringify(shown)} is not an image reference such as ollama/ollama:0.34.3`,
  );
});

test.each(["latest", "main", "master", "edge", "nightly", "dev", "stable"])(
  "the tag %s moves",
  (tag) => {
    expect(imageReferenceFault(`a/b:${tag}`)).toBe(`the tag "${tag}" moves. Name a version`);
    expect(imageReferenceFault(`a/b:${tag}@${DIGEST}`)).toBeUndefined();
  },
);

test.each(["localhost:5000/a", "ollama/ollama"])("%s names no version", (reference) => {
  expect(imageReferenceFault(reference)).toBe(
    `"${reference}" names no version, so it means the moving tag latest. Name a version`,
  );
});

test.each(["a:1", "a:v1", "a:latest-1", `a@${DIGEST}`, "a:devel", "a:Latest1"])(
  "%s is right",
  (reference) => {
    expect(imageReferenceFault(reference)).toBeUndefined();
  },
);

test("a very long text is judged at once", () => {
  const started = performance.now();
  for (const text of [
    "a".repeat(1e5),
    "a-".repeat(5e4),
    "a/".repeat(5e4),
    "a.".repeat(5e4),
    `${"a_".repeat(5e4)}!`,
  ])
    parseImageReference(text);
  expect(performance.now() - started).toBeLessThan(500);
});
