import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Progress } from "../../cli/artifacts";
import { connectDocker } from "../../cli/docker/connect";
import { imagesToPull, pullImage, pullSteps } from "../../cli/images/pullImages";
import { PullProgress } from "../../cli/images/pullProgress";
import { formatBar } from "../../cli/progressBar";
import { ProgressLines } from "../../cli/progressLines";
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

test.each([
  [0, "░░░░░░░░░░░░░░░░░░░░░░░░   0 % x"],
  [0.5, "████████████░░░░░░░░░░░░  50 % x"],
  [1.5, "████████████████████████ 100 % x"],
])("a bar of %d", (share, bar) => expect(formatBar(share, "x")).toBe(bar));

describe("an operation's output on a terminal", () => {
  const show = (...texts: string[]) => {
    let shown = "";
    const lines = new ProgressLines((text) => {
      shown += text;
    });
    for (const text of texts) lines.take(text);
    return shown;
  };
  const model = (percent: number) =>
    ` +  command:local:Command model-llama creating (3s) llama3.2:1b: pulling aaa: ${percent} % of 1.0 GiB\n`;

  test("a model's progress moves on one line, and gives way to the next", () => {
    expect(show(model(0), model(50), "    done\n")).toBe(
      "░░░░░░░░░░░░░░░░░░░░░░░░   0 % llama3.2:1b: pulling aaa: 1.0 GiB" +
        "\r\u001b[K████████████░░░░░░░░░░░░  50 % llama3.2:1b: pulling aaa: 1.0 GiB" +
        "\r\u001b[K    done\n",
    );
  });

  test("it is known with Pulumi's colours, and in pieces", () => {
    const coloured = model(50).replace("creating", "\u001b[32mcreating\u001b[0m");
    expect(show(coloured.slice(0, 60), coloured.slice(60))).toBe(show(model(50)));
  });

  test("everything else passes as it comes", () => {
    expect(show("@ upda", "ting..", ".\n", "a 50 % of b\n")).toBe("@ updating...\na 50 % of b\n");
  });
});
