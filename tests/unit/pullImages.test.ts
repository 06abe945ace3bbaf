import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Progress } from "../../cli/artifacts";
import { connectDocker } from "../../cli/docker/connect";
import { imagesToPull, pullImage, pullSteps } from "../../cli/images/pullImages";
import { PullProgress } from "../../cli/images/pullProgress";
import { StandInEngine } from "../support/docker/standInEngine";
import { BUILT, planMinimal, planStandard } from "../support/plan/stack";

const MIB = 1024 ** 2;

/** As Docker 20.10 streams the pull of an image of two layers, shortened. */
const PULL = [
  { status: "Pulling from ollama/ollama", id: "0.34.3" },
  { status: "Pulling fs layer", progressDetail: {}, id: "aaa" },
  { status: "Already exists", progressDetail: {}, id: "old" },
  { status: "Downloading", progressDetail: { current: 1 * MIB, total: 2 * MIB }, id: "aaa" },
  { status: "Downloading", progressDetail: { current: 0, total: 6 * MIB }, id: "bbb" },
  { status: "Download complete", progressDetail: {}, id: "aaa" },
  { status: "Extracting", progressDetail: { current: 5, total: 2 * MIB }, id: "aaa" },
  { status: "Pull complete", progressDetail: {}, id: "bbb" },
  { status: "Digest: sha256:0123" },
  { status: "Status: Downloaded newer image for ollama/ollama:0.34.3" },
];

let engine: StandInEngine;
beforeEach(async () => {
  engine = new StandInEngine();
  await engine.listen();
});
afterEach(() => engine.close());
const docker = () =>
  connectDocker({ dockerHost: engine.address, ssh: undefined, sshOptions: undefined });

test("the progress of all layers is one", () => {
  const progress = new PullProgress();
  expect(PULL.map((event) => progress.take(event)?.text)).toEqual([
    undefined,
    undefined,
    undefined,
    "1.0 MiB of 2.0 MiB",
    "1.0 MiB of 8.0 MiB",
    "2.0 MiB of 8.0 MiB",
    "2.0 MiB of 8.0 MiB",
    "8.0 MiB of 8.0 MiB",
    undefined,
    undefined,
  ]);
});

describe("a pull", () => {
  test("reports its progress", async () => {
    engine.pull = PULL;
    const reports: Progress[] = [];
    await pullImage(await docker(), "ollama/ollama:0.34.3", (progress) => reports.push(progress));
    expect(engine.changes).toEqual(["POST /images/create?fromImage=ollama/ollama&tag=0.34.3"]);
    expect(reports.at(-1)).toEqual({ done: 8 * MIB, total: 8 * MIB, text: "8.0 MiB of 8.0 MiB" });
  });

  test("of a locked image asks for its digest", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    await pullImage(await docker(), `ollama/ollama:0.34.3@${digest}`, () => {});
    expect(engine.changes).toEqual([
      `POST /images/create?fromImage=ollama/ollama:0.34.3&tag=${digest}`,
    ]);
  });

  test("that the registry refuses is left to the update, with the reason", async () => {
    engine.pull = [...PULL.slice(0, 4), { error: "unauthorized: authentication required" }];
    const [step] = pullSteps(await docker(), ["private/x:1"]);
    const seen: string[] = [];
    const report = { note: () => {}, progress: (_: string, { text }: Progress) => seen.push(text) };
    expect(await step?.run(report)).toBe(
      "left to the update (it cannot be pulled: unauthorized: authentication required)",
    );
    expect(seen).toEqual(["1.0 MiB of 2.0 MiB"]);
  });
});

describe("what an update would pull", () => {
  const present = (...names: string[]) => ({
    images: new Map(names.map((name) => [name, "sha256:a"])),
  });
  test.each([
    ["what is absent", {}, [], ["ollama/ollama:0.34.3"]],
    ["nothing that is there", {}, ["ollama/ollama:0.34.3"], []],
    ["nothing where the built one is there", {}, [BUILT], []],
    ["nothing that is built", { images: { source: "build" } }, [], []],
    ["nothing that is loaded from an archive", { images: { source: "archive" } }, [], []],
  ])("%s", (_what, config, names, expected) => {
    expect(imagesToPull(planMinimal(config), present(...names))).toEqual(expected);
  });

  test("all of a larger profile, each once", () => {
    expect(imagesToPull(planStandard(), present(BUILT))).toEqual([
      "ghcr.io/open-webui/open-webui:v0.12.4",
      "localai/localai:v4.10.0",
    ]);
  });
});
