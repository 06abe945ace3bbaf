import { expect, test } from "vitest";
import { describeEmbeddings } from "../../plan/embeddings";
import type { StackPlan } from "../../plan/plan";
import { planMinimal, planStandard } from "../support/plan/stack";

const noteOf = (plan: StackPlan, models?: Readonly<Record<string, string>>) =>
  describeEmbeddings(plan, { models });

const ABSENT =
  "Open WebUI embeds documents with nomic-embed-text, which Ollama does not have: " +
  'uploads fail until aistack:models has the line "- name: nomic-embed-text"';

test("an embedding model that nobody declared is told, with the line that declares it", () => {
  const plan = planStandard({ models: [{ name: "tiny" }] });
  expect(noteOf(plan)).toEqual([ABSENT]);
  expect(noteOf(plan, { "tiny:latest": "d1" })).toEqual([ABSENT]);
});

test("nothing is told where it is declared, or where Ollama has it", () => {
  expect(noteOf(planStandard({ models: [{ name: "nomic-embed-text" }] }))).toEqual([]);
  expect(noteOf(planStandard(), { "nomic-embed-text:latest": "d1" })).toEqual([]);
});

test("without Ollama, it is LocalAI that must have it", () => {
  const services = ["openwebui", "localai"];
  expect(noteOf(planStandard({ services }))).toEqual([
    "Open WebUI embeds documents with nomic-embed-text, which LocalAI does not have: " +
      'uploads fail until aistack:localai.models has the line "- name: nomic-embed-text"',
  ]);
  const localai = { models: [{ name: "localai@nomic-embed-text" }] };
  expect(noteOf(planStandard({ services, localai }))).toEqual([]);
});

test("nothing is told without Open WebUI, or where it embeds elsewhere", () => {
  expect(noteOf(planMinimal())).toEqual([]);
  expect(noteOf(planStandard({ services: ["openwebui"] }))).toEqual([]);
});
