import { resolve } from "node:path";
import { expect, test } from "vitest";
import { planFromCheckout, settingsFromCheckout } from "../../cli/observe";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const REFUSED =
  '--stack: there is no file stacks/Pulumi.standart-gpu.yaml. Did you mean "standard-gpu"?';

test("a stack without a file has neither plan nor settings: it is none of profile minimal on this machine", () => {
  expect(() => planFromCheckout(CHECKOUT, "standart-gpu")).toThrow(REFUSED);
  expect(() => settingsFromCheckout(CHECKOUT, "standart-gpu")).toThrow(REFUSED);
});

test("one with a file has those that it says", () => {
  expect(planFromCheckout(CHECKOUT, "standard-gpu").profile).toBe("standard-gpu");
  expect(settingsFromCheckout(CHECKOUT, "standard-gpu").profile).toBe("standard-gpu");
});

test("no stack at all is this machine's", () => {
  expect(planFromCheckout(CHECKOUT, "")).toMatchObject({ profile: "minimal", host: undefined });
});
