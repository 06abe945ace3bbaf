import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseRecipe, builtImageName, builtImageNames, serviceRecipe } from "../../host/builtImages";
import { listStackFiles, readCheckout, requireStackFile, stackFileName } from "../../host/checkout";
import { gpuProbeScript } from "../../host/gpuProbe";
import { accessHost } from "../../host/hostAccess";
import { gpuProbeCommand, probeCommand, probeEnvironment } from "../../host/probe";
import { problemsOf } from "../support/plan/problems";
import { BUILT, planMinimal } from "../support/plan/stack";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-checkout-"));
  write("compose/common.yaml", "name: aistack\n");
  mkdirSync(join(root, "images"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("readCheckout", () => {
  test("reads compose/common.yaml first, the others by name, and nothing else", () => {
    for (const name of ["zeta.yaml", "alpha.yaml", "notes.md", "backup.yaml~"])
      write(`compose/${name}`, name);
    expect(readCheckout(root, "x").composeFiles).toEqual([
      { file: "compose/common.yaml", text: "name: aistack\n" },
      { file: "compose/alpha.yaml", text: "alpha.yaml" },
      { file: "compose/zeta.yaml", text: "zeta.yaml" },
    ]);
  });

  test("tells a missing common.yaml", () => {
    rmSync(join(root, "compose/common.yaml"));
    expect(problemsOf(() => readCheckout(root, "x"))).toEqual([
      "compose/common.yaml: the file is not there. Restore it with: git checkout compose",
    ]);
  });

  test("reads the stack's file under its relative name", () => {
    write("stacks/Pulumi.lab.yaml", "config:\n  aistack:profile: minimal\n");
    const { stackFile } = readCheckout(root, "lab");
    expect(stackFileName("lab")).toBe("stacks/Pulumi.lab.yaml");
    expect(stackFile.value).toEqual({ config: { "aistack:profile": "minimal" } });
    expect(stackFile.locate(["config", "aistack:profile"])).toBe("stacks/Pulumi.lab.yaml:2");
  });

  test("a stack without a file is one without configuration; a broken file tells where", () => {
    expect(readCheckout(root, "none").stackFile).toMatchObject({ value: {}, problems: [] });
    write("stacks/Pulumi.bad.yaml", "config: [");
    expect(readCheckout(root, "bad").stackFile.problems).toHaveLength(1);
  });

  test("lists the stacks that have a file", () => {
    write("stacks/Pulumi.office.yaml", "");
    write("stacks/Pulumi.lab.yaml", "");
    write("stacks/Pulumi.yaml", "");
    write("stacks/Pulumi.lab.yaml.bak", "");
    expect(listStackFiles(root)).toEqual(["lab", "office"]);
  });

  test("refuses a stack without a file, and names the one that was probably meant", () => {
    write("stacks/Pulumi.office.yaml", "");
    const refused = (stack: string) => problemsOf(() => requireStackFile(root, stack));
    expect(refused("office")).toEqual([]);
    expect(refused("offcie")).toEqual([
      '--stack: there is no file stacks/Pulumi.offcie.yaml. Did you mean "office"? Restore it, or make one with: ' +
        "cp stacks/Pulumi.standard-gpu.yaml stacks/Pulumi.offcie.yaml",
    ]);
    expect(refused("")).toEqual([
      "--stack: there is no file stacks/Pulumi..yaml. Restore it, or make one with: " +
        "cp stacks/Pulumi.standard-gpu.yaml stacks/Pulumi..yaml",
    ]);
  });

  test("reads the lock of digests where there is one", () => {
    expect(readCheckout(root, "x").images.lock).toEqual({});
    write("images.lock.yaml", `"ollama/ollama:0.34.3": ${DIGEST}\n`);
    expect(readCheckout(root, "x").images.lock).toEqual({ "ollama/ollama:0.34.3": DIGEST });
  });

  test.each([
    [
      `"a:1": sha256:abc\n"b:1": ${DIGEST}\n"c:1": 5\n`,
      [
        'images.lock.yaml:1: "a:1" has no valid digest (sha256: and 64 hexadecimal digits)',
        'images.lock.yaml:3: "c:1" has no valid digest (sha256: and 64 hexadecimal digits)',
      ],
    ],
    ["a: [", [expect.stringMatching(/^images\.lock\.yaml:1: not valid YAML: /)]],
    ["- a", ["images.lock.yaml:1: the file must hold a mapping of keys to values"]],
  ])("refuses the lock %j", (text, told) => {
    write("images.lock.yaml", text);
    expect(problemsOf(() => readCheckout(root, "x"))).toEqual(told);
  });
});

describe("images that are built here", () => {
  test("are those with a recipe, beside the base", () => {
    write("images/base/build.sh", "base");
    write("images/one/build.sh", "one");
    write("images/two/README", "no recipe");
    write("images/assemble.sh", "shared");
    const names = builtImageNames(root);
    expect(Object.keys(names)).toEqual(["one"]);
    expect(names.one).toMatch(/^aistack\.invalid\/one:[0-9a-f]{16}$/);
    expect(names.one).toBe(builtImageName("one", serviceRecipe(root, "one")));
    expect(readCheckout(root, "x").images.built).toEqual(names);
  });

  test.each(["images/one/build.sh", "images/assemble.sh", "images/base/build.sh"])(
    "have another name once %s has changed",
    (file) => {
      for (const name of ["images/one/build.sh", "images/assemble.sh", "images/base/build.sh"])
        write(name, "before");
      const before = builtImageNames(root).one;
      expect(builtImageNames(root).one).toBe(before);
      write(file, "after");
      expect(builtImageNames(root).one).not.toBe(before);
    },
  );

  test("the checkout's own recipes are those of Ollama and Open WebUI", () => {
    const checkout = resolve(import.meta.dirname, "../..");
    expect(Object.keys(builtImageNames(checkout))).toEqual(["ollama", "openwebui"]);
    expect(baseRecipe(checkout).keyExtra[0]).toBe(process.arch);
  });
});

describe("the probe", () => {
  const ENGINE = { dockerHost: "unix:///run/d.sock", ssh: undefined, sshOptions: undefined };

  test.each([
    [{}, "unix:///var/run/docker.sock"],
    // As the docker command takes it.
    [{ DOCKER_HOST: "" }, "unix:///var/run/docker.sock"],
    [{ DOCKER_HOST: "unix:///run/user/1000/docker.sock" }, "unix:///run/user/1000/docker.sock"],
  ])("with the environment %j asks %s", (environment, engine) => {
    expect(accessHost(root, "x", undefined, environment)).toEqual({ dockerHost: engine });
  });

  test("looks at the plan's own objects", () => {
    expect(
      probeEnvironment(planMinimal({ namePrefix: "lab", ports: { ollama: 1234 } }), ENGINE),
    ).toEqual({
      DOCKER_SOCKET: "/run/d.sock",
      IMAGES: `ollama/ollama:0.34.3\n${BUILT}`,
      CONTAINERS: "lab-ollama",
      NETWORKS: "lab-net",
      VOLUMES: "lab-ollama_data",
      OLLAMA_URL: "http://127.0.0.1:1234",
      GPU_CONTAINERS: "",
    });
  });

  test.each([
    [{ gpu: "nvidia" }, `ollama/ollama:0.34.3\n${BUILT}`, "lab-ollama"],
    // Whichever image the GPUs decide for; a container with AMD's has no nvidia-smi to ask.
    [{ gpu: "amd" }, `ollama/ollama:0.34.3\n${BUILT}\nollama/ollama:0.34.3-rocm`, ""],
  ])("with %j looks at its images, and into its containers", (config, images, containers) => {
    const plan = planMinimal({ namePrefix: "lab", ...config });
    expect(probeEnvironment(plan, ENGINE)).toMatchObject({
      IMAGES: images,
      GPU_CONTAINERS: containers,
    });
  });

  test("of the GPUs is sent whole, here and over SSH", () => {
    const checkout = resolve(import.meta.dirname, "../..");
    const script = gpuProbeScript(checkout);
    expect(gpuProbeCommand(checkout, ENGINE)).toEqual({
      command: "sh -s",
      environment: { DOCKER_SOCKET: "/run/d.sock" },
      stdin: script,
    });
    const access = { dockerHost: "ssh://me@gpu1:22", ssh: ["--", "me@gpu1"], sshOptions: [] };
    expect(gpuProbeCommand(checkout, access)).toEqual({
      command: "'ssh' '--' 'me@gpu1' 'sh -s'",
      environment: {},
      stdin: script,
    });
  });

  test("runs as a script of the checkout here, and is sent whole to a host over SSH", () => {
    const checkout = resolve(import.meta.dirname, "../..");
    const plan = planMinimal();
    expect(probeCommand(checkout, plan, ENGINE)).toEqual({
      command: "sh assets/shell/probe.sh",
      environment: probeEnvironment(plan, ENGINE),
    });
    const access = {
      dockerHost: "ssh://me@gpu1:22",
      ssh: ["-o", "A=b c", "--", "me@gpu1"],
      sshOptions: [],
    };
    const sent = probeCommand(checkout, plan, access);
    expect(sent.command).toBe("'ssh' '-o' 'A=b c' '--' 'me@gpu1' 'sh -s'");
    expect(sent.environment).toEqual({});
    expect(sent.stdin).toContain("export DOCKER_SOCKET='/var/run/docker.sock'\n");
    expect(sent.stdin).toContain(readFileSync(join(checkout, "assets/shell/probe.sh"), "utf8"));
  });

  test("without Ollama asks nobody for models", () => {
    const plan = { ...planMinimal(), services: [], networks: [], volumes: [] };
    expect(probeEnvironment(plan, ENGINE)).toEqual({
      DOCKER_SOCKET: "/run/d.sock",
      IMAGES: "",
      CONTAINERS: "",
      NETWORKS: "",
      VOLUMES: "",
      OLLAMA_URL: "",
      GPU_CONTAINERS: "",
    });
  });
});
