import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import {
  fragment,
  judge,
  outcomes,
  prototypeKeys,
  RUNS,
  SEED,
  TEXTS,
} from "../support/plan/mutations";

// The other half of the 10,000, in a process of its own, is fuzz.test.ts.
const untouched = prototypeKeys();

afterAll(() => {
  const { plans, refusals } = outcomes;
  process.stdout.write(`fuzz: AISTACK_FUZZ_SEED=${SEED}: ${plans} plans, ${refusals} refusals\n`);
});

const change = fc.record({
  file: fc.nat(2),
  at: fc.nat(),
  length: fc.integer({ min: 0, max: 40 }),
  piece: fc.oneof(
    fc.constant(""),
    fc.constantFrom(...":-[]{}\"'&*!|>%@`#,?~$\n\t \\0\u0000\u2028"),
    fc.string({ maxLength: 3 }),
    fragment,
  ),
  repeat: fc.integer({ min: 1, max: 3 }),
});

test(`${RUNS} mutations of text: characters deleted, replaced, inserted, ranges cut and repeated`, {
  timeout: 180_000,
}, () => {
  const changes = fc.array(change, { minLength: 1, maxLength: 5 });
  const property = fc.property(changes, (chosen) => {
    const texts = [...TEXTS];
    for (const { file, at, length, piece, repeat } of chosen) {
      const text = texts[file] ?? "";
      const start = at % (text.length + 1);
      const after = text.slice(start + length);
      texts[file] = `${text.slice(0, start)}${piece.repeat(repeat)}${after}`;
    }
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
