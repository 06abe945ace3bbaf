import { expect, test } from "vitest";
import { isOlder } from "../../plan/versions";

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
