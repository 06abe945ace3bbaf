import { expect, test } from "vitest";
import { compareVersions, isOlder, parseVersion } from "../../plan/versions";

test.each([
  ["0.17.1", [0, 17, 1], false],
  ["v4.10.0-gpu-nvidia-cuda-12", [4, 10, 0], false],
  ["0.34.3-rocm", [0, 34, 3], false],
  ["20.10.24+dfsg1", [20, 10, 24], false],
  ["28.2", [28, 2], false],
  ["1.19.1~rc.2", [1, 19, 1], true],
  ["0.17.1-rc0", [0, 17, 1], true],
  ["v0.11.0-beta", [0, 11, 0], true],
  ["0.17.1-production", [0, 17, 1], false],
])("%s is a version", (text, numbers, preRelease) => {
  expect(parseVersion(text)).toEqual({ numbers, preRelease });
});

test.each(["", "latest", "7", "main-slim", "sha-0123abc", "1.2.3.4.5", "1..2", "e5f31881cf8b4321"])(
  "%j is none",
  (text) => {
    expect(parseVersion(text)).toBeUndefined();
  },
);

test.each([
  ["0.17.0", "0.17.1"],
  ["0.9.6", "0.10.0"],
  ["28.3", "28.3.3"],
  ["0.17.1-rc0", "0.17.1"],
  ["0.17.1", "0.17.2-rc0"],
])("%s comes before %s", (one, other) => {
  const [first, second] = [parseVersion(one), parseVersion(other)];
  if (first === undefined || second === undefined) throw new Error("no version");
  expect(compareVersions(first, second)).toBeLessThan(0);
  expect(compareVersions(second, first)).toBeGreaterThan(0);
  expect(compareVersions(first, first)).toBe(0);
});

test("a variant of a version is that version", () => {
  const [plain, variant] = [parseVersion("0.34.3"), parseVersion("v0.34.3-rocm")];
  if (plain === undefined || variant === undefined) throw new Error("no version");
  expect(compareVersions(plain, variant)).toBe(0);
});

test.each([
  ["580.95.05", "580", false],
  ["579.95.05", "580", true],
  ["580", "580.0.0", false],
  ["580", "580.1", true],
  ["1.9.0", "1.19.1", true],
  ["20.10.24+dfsg1", "25", true],
  ["28.2.0-rc.1", "28.2", false],
  ["dev", "25", false],
  ["", "1", false],
])("%s is older than %s: %s", (version, floor, older) => {
  expect(isOlder(version, floor)).toBe(older);
});
