import { describe, expect, test } from "vitest";
import { parseHostFacts } from "../../plan/hostFacts";
import { planImage } from "../../plan/images";
import { planCheckout } from "../../plan/planCheckout";
import { checkHost, warnOfHost } from "../../plan/preflight";
import {
  advisoriesOf,
  checkImageFloors,
  describeFloor,
  engineFloorWarning,
  floorOf,
  VERSION_FLOORS,
} from "../../plan/versionFloors";
import { parseVersion } from "../../plan/versions";
import { parseYaml } from "../../plan/yamlDocument";
import { hostFacts } from "../support/plan/hostOutput";
import { problemsOf } from "../support/plan/problems";
import { ALL_COMPOSE_FILES, IMAGES, planMinimal } from "../support/plan/stack";

const image = (service: string, reference: string) =>
  planImage(service, reference, "auto", { lock: {}, built: {} });

describe("the table", () => {
  test("was gone through on a day, and has these floors", () => {
    expect(VERSION_FLOORS.checked).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(
      VERSION_FLOORS.floors.map((floor) => [floor.component, floorOf(floor), floor.action]),
    ).toEqual([
      ["ollama", "0.17.1", "refuse"],
      ["openwebui", "0.11.0", "refuse"],
      ["localai", "4.6.0", "refuse"],
      ["nvidia-container-toolkit", "1.19.1", "refuse"],
      ["docker", "28.3.3", "warn"],
    ]);
  });

  const advisories = VERSION_FLOORS.floors.flatMap(({ component, advisories }) =>
    advisories.map((advisory) => ({ component, ...advisory })),
  );

  test.each(advisories)("$component $fixedIn is free of $id", ({ component, id, fixedIn }) => {
    expect(parseVersion(fixedIn)).toBeDefined();
    expect(advisoriesOf(component, fixedIn).map((found) => found.id)).not.toContain(id);
  });

  test.each(advisories)("$component has $id just before $fixedIn", (advisory) => {
    const { component, id, fixedIn, since } = advisory;
    const found = (version: string) => advisoriesOf(component, version).map((one) => one.id);
    expect(found(`${fixedIn}-rc1`)).toContain(id);
    expect(found(since ?? "0.0.1")).toContain(id);
    if (since !== undefined) expect(found(`${since}-rc1`)).not.toContain(id);
  });

  test.each(advisories)("$id has a link", ({ link }) => {
    expect(link).toMatch(/^https:\/\/\S+$/);
  });
});

describe("a version", () => {
  test.each([
    [
      "ollama",
      "0.17.0",
      "ollama 0.17.0 is below 0.17.1: anybody who reaches it can read its memory, keys and chats included (CVE-2026-7482)",
    ],
    [
      "openwebui",
      "v0.9.5",
      "openwebui v0.9.5 is below 0.11.0: users can make it fetch addresses of the inner network (CVE-2026-54020 and CVE-2026-59216)",
    ],
    [
      "nvidia-container-toolkit",
      "1.17.8-1",
      "nvidia-container-toolkit 1.17.8-1 is below 1.19.1: an image can break out of its container (CVE-2026-24260)",
    ],
    ["ollama", "0.34.3-rocm", undefined],
    ["ollama", "of-mine", undefined],
    ["postgres", "0.0.1", undefined],
  ])("%s %s", (component, version, told) => {
    expect(describeFloor(component, version)).toBe(told);
  });

  test.each([
    [
      "20.10.24+dfsg1",
      "28.0.0: hosts of the same network segment reach ports that are published on 127.0.0.1 (moby issue 45610)",
    ],
    [
      "28.2.2",
      "28.3.3: after a reload of firewalld, other hosts reach ports that are published on 127.0.0.1 (CVE-2025-54388)",
    ],
  ])("of the engine, %s", (version, told) => {
    expect(engineFloorWarning(version)).toBe(
      `docker ${version} is below ${told}. Update the engine, or keep the host on a network that you trust`,
    );
  });

  test.each(["28.0.0", "28.1.1", "28.3.3", "29.0.1"])(
    "of the engine, %s is told nothing",
    (version) => {
      expect(engineFloorWarning(version)).toBeUndefined();
    },
  );
});

describe("the images of services", () => {
  test("each of them is held against its floor, all faults at once", () => {
    const images = [
      image("ollama", "registry.lan/ollama/ollama:0.16.3"),
      image("openwebui", "ghcr.io/open-webui/open-webui:v0.12.4"),
      image("localai", "localai/localai:v4.5.0-gpu-vulkan"),
      image("other", "other/other:0.0.1"),
    ];
    expect(checkImageFloors(images, [], new Set(["ollama"]))).toEqual({
      problems: [
        {
          what: "ollama 0.16.3 is below 0.17.1: anybody who reaches it can read its memory, keys and chats included (CVE-2026-7482)",
          where: "aistack:images.overrides.ollama",
          fix: "Name 0.17.1 or newer. To run it all the same, set aistack:images.allowBelowFloor: [ollama]",
        },
        {
          what: "localai v4.5.0-gpu-vulkan is below 4.6.0: it can be made to fetch addresses of the inner network (LocalAI issue 10665)",
          where: "services.localai.image",
          fix: "Name 4.6.0 or newer. To run it all the same, set aistack:images.allowBelowFloor: [localai]",
        },
      ],
      warnings: [],
    });
  });

  test("one that may run below its floor is told at every preview", () => {
    const found = checkImageFloors(
      [image("ollama", "ollama/ollama:0.17.0")],
      ["ollama"],
      new Set(),
    );
    expect(found).toEqual({
      problems: [],
      warnings: [
        "ollama 0.17.0 is below 0.17.1: anybody who reaches it can read its memory, keys and chats included (CVE-2026-7482). It runs because aistack:images.allowBelowFloor names ollama",
      ],
    });
  });

  test("one whose version cannot be told is told as well", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const found = checkImageFloors(
      [image("ollama", `mine/ollama@${digest}`), image("openwebui", "mine/webui:of-june")],
      [],
      new Set(),
    );
    expect(found).toEqual({
      problems: [],
      warnings: [
        `the version of mine/ollama@${digest} cannot be told from its tag: make sure that it is 0.17.1 or newer`,
        "the version of mine/webui:of-june cannot be told from its tag: make sure that it is 0.11.0 or newer",
      ],
    });
  });
});

describe("a stack", () => {
  test("does not run an image for its GPUs below the floor", () => {
    const composeFiles = ALL_COMPOSE_FILES.map(({ file, text }) => ({
      file,
      text: text.replace(/v4\.10\.0(?=-gpu-nvidia-cuda-12)/, "v4.5.0"),
    }));
    const stackFile = parseYaml("stacks/Pulumi.x.yaml", "");
    const plan = (gpu: string) =>
      planCheckout({ composeFiles, stackFile, images: IMAGES }, { profile: "standard-gpu", gpu });
    expect(problemsOf(() => plan("nvidia"))).toEqual([
      "services.localai.x-aistack.variants.nvidia-cuda-12: localai v4.5.0-gpu-nvidia-cuda-12 is below 4.6.0: " +
        "it can be made to fetch addresses of the inner network (LocalAI issue 10665). " +
        "Name 4.6.0 or newer. To run it all the same, set aistack:images.allowBelowFloor: [localai]",
    ]);
    expect(problemsOf(() => plan("amd"))).toEqual([]);
  });

  const OLD = { images: { overrides: { ollama: "ollama/ollama:0.16.0" } } };

  test("with an image below its floor is refused before the host is looked at", () => {
    expect(problemsOf(() => planMinimal(OLD))).toEqual([
      "aistack:images.overrides.ollama: ollama 0.16.0 is below 0.17.1: anybody who reaches it can read its memory, keys and chats included (CVE-2026-7482). Name 0.17.1 or newer. To run it all the same, set aistack:images.allowBelowFloor: [ollama]",
    ]);
  });

  test("that allows it is planned, with a warning beside the engine's", () => {
    const plan = planMinimal({ images: { ...OLD.images, allowBelowFloor: ["ollama"] } });
    expect(checkHost(plan, hostFacts(), [])).toEqual([]);
    expect(warnOfHost(plan, hostFacts())).toEqual([
      expect.stringMatching(/^ollama 0\.16\.0 is below 0\.17\.1: .* names ollama$/),
      expect.stringMatching(/^docker 20\.10\.24\+dfsg1 is below 28\.0\.0: /),
    ]);
  });

  test("that allows it for a service that is not there is refused", () => {
    expect(problemsOf(() => planMinimal({ images: { allowBelowFloor: ["olama"] } }))).toEqual([
      'aistack:images.allowBelowFloor[0]: unknown service "olama". Did you mean "ollama"? Accepted: ollama',
    ]);
  });

  test("on a current engine, with current images, is told nothing", () => {
    const facts = parseHostFacts('docker\t{"Version":"28.3.3","ApiVersion":"1.51"}\n');
    expect(warnOfHost(planMinimal(), facts)).toEqual([]);
  });
});
