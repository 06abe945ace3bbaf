import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { parseDocument } from "yaml";
import {
  applyEdit,
  edit,
  inline,
  judge,
  outcomes,
  prototypeKeys,
  RUNS,
  SEED,
  TEXTS,
  value,
} from "../support/plan/mutations";

// The other half of the 10,000, in a process of its own, is fuzzText.test.ts.
const untouched = prototypeKeys();

afterAll(() => {
  const { plans, refusals } = outcomes;
  process.stdout.write(`fuzz: AISTACK_FUZZ_SEED=${SEED}: ${plans} plans, ${refusals} refusals\n`);
});

test("the files as they are give a plan", () => {
  judge(TEXTS);
  expect(outcomes).toEqual({ plans: 1, refusals: 0 });
});

test(`${RUNS} mutations of structure: keys deleted, renamed, retyped, duplicated, inserted, moved`, {
  timeout: 180_000,
}, () => {
  const edits = fc.array(edit, { minLength: 1, maxLength: 4 });
  const property = fc.property(edits, (chosen) => {
    const texts = [...TEXTS];
    for (const one of chosen) texts[one.file] = applyEdit(texts[one.file] ?? "", one);
    judge(texts);
  });
  fc.assert(property, { seed: SEED, numRuns: RUNS });
});

test("both outcomes were reached often, and no prototype was changed", () => {
  expect(outcomes.plans).toBeGreaterThan(RUNS / 50);
  expect(outcomes.refusals).toBeGreaterThan(RUNS / 4);
  expect(prototypeKeys()).toEqual(untouched);
  expect(({} as Record<string, unknown>).ports).toBeUndefined();
});

test("an inserted value is what it was, so that the mutations reach what they aim at", () => {
  const property = fc.property(value, (node) => {
    const { errors } = parseDocument(inline(node), { logLevel: "silent" });
    return errors.every(({ code }) => code === "DUPLICATE_KEY");
  });
  fc.assert(property, { seed: SEED, numRuns: 300 });
});
