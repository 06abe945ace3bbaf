import { describe, expect, test } from "vitest";
import { formatProblem } from "../../plan/errors";
import type { GpuFacts } from "../../plan/gpuFacts";
import { applyGpu } from "../../plan/gpuPlan";
import { parseHostFacts } from "../../plan/hostFacts";
import { checkHost, type ModelFileFacts } from "../../plan/preflight";
import { amdHost, gpuHost } from "../support/plan/hostGpus";
import { hostFacts, line } from "../support/plan/hostOutput";
import { BUILT, planMinimal, planStandard } from "../support/plan/stack";

const GIB = 1024 ** 3;

const listener = (local: string, users = "") =>
  line("listener", `LISTEN 0 4096 ${local} 0.0.0.0:* ${users}`);

const container = (name: string, ip: string, port: number, type = "tcp") =>
  line("containers", [
    { Names: [`/${name}`], State: "running", Ports: [{ IP: ip, PublicPort: port, Type: type }] },
  ]);

function told(
  config: Readonly<Record<string, unknown>>,
  lines: readonly string[],
  files: readonly ModelFileFacts[] = [],
): string[] {
  return checkHost(planMinimal(config), hostFacts(...lines), files).map(formatProblem);
}

test("a bare host with an engine is ready", () => {
  expect(told({}, [])).toEqual([]);
});

describe("the engine", () => {
  test.each([
    [
      "absent",
      "docker: no Docker engine runs on this host (its socket is not there). " +
        "Start it with: systemctl start docker. Install it with: ./install.sh",
    ],
    [
      "denied",
      "docker: this user may not use the Docker engine (no permission on its socket). " +
        "Run as root, or join the group docker and log in again: sudo usermod -aG docker $USER",
    ],
    [
      "down",
      "docker: the Docker engine does not answer on its socket. " +
        "Look at it with: systemctl status docker; start it with: systemctl restart docker",
    ],
    [
      "unasked",
      "docker: the Docker engine cannot be asked, since there is no curl. sudo apt-get install curl",
    ],
  ])("is %s", (state, message) => {
    const facts = parseHostFacts(`docker\t${state}\n`);
    expect(checkHost(planMinimal(), facts, []).map(formatProblem)).toEqual([message]);
  });

  test("of another machine is mended there", () => {
    const hostKey =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMYZHHjDJZKlkX2zDo0gzRdHXzgDPGqBzO0cVXyOJYyd";
    const plan = planMinimal({ host: { address: "gpu1.lan", hostKey } });
    const told = (state: string) =>
      checkHost(plan, parseHostFacts(`docker\t${state}\n`), []).map(formatProblem);
    expect(told("absent")).toEqual([
      "docker on gpu1.lan: no Docker engine runs on this host (its socket is not there). " +
        "On that host, start it with: systemctl start docker. Install it with: sudo apt-get install docker.io",
    ]);
    expect(told("unasked")).toEqual([
      "docker on gpu1.lan: the Docker engine cannot be asked, since there is no curl. On that host: sudo apt-get install curl",
    ]);
  });

  test("is down: nothing else can be told then, not even whose a port is", () => {
    const facts = parseHostFacts(`docker\tdown\n${listener("127.0.0.1:11434")}\n`);
    const files = [{ path: "a", bytes: GIB }];
    const problems = checkHost(planMinimal({ images: { source: "build" } }), facts, files);
    expect(problems.map(({ where }) => where)).toEqual(["docker"]);
  });
});

describe("a port", () => {
  const inUse = (owner: string, ip = "127.0.0.1", port = 11434) => [
    `aistack:ports.ollama: port ${port} on ${ip} is in use by ${owner}. ` +
      "Stop it, or choose another port with aistack:ports: {ollama: PORT}",
  ];
  const NGINX = 'users:(("nginx",pid=4242,fd=6))';
  const HIDDEN = "a process of another user (run as root to see which)";

  test.each<[string, Record<string, unknown>, string, string[]]>([
    ["held by a process", {}, listener("127.0.0.1:11434", NGINX), inUse("nginx (pid 4242)")],
    ["held by a process of somebody else", {}, listener("127.0.0.1:11434"), inUse(HIDDEN)],
    ["held on every address", {}, listener("0.0.0.0:11434"), inUse(HIDDEN)],
    ["held on every address of both families", {}, listener("*:11434"), inUse(HIDDEN)],
    ["held on every IPv6 address", {}, listener("[::]:11434"), inUse(HIDDEN)],
    ["held as a mapped address", {}, listener("[::ffff:127.0.0.1]:11434"), inUse(HIDDEN)],
    ["held on another address", {}, listener("192.168.1.5:11434"), []],
    ["held on IPv6 loopback alone", {}, listener("[::1]:11434"), []],
    ["another one", {}, listener("127.0.0.1:11435"), []],
    [
      "held on an address, wanted on all",
      { bindAddress: "0.0.0.0" },
      listener("192.168.1.5:11434"),
      inUse(HIDDEN, "0.0.0.0"),
    ],
    ["moved away", { ports: { ollama: 12000 } }, listener("127.0.0.1:11434"), []],
    [
      "moved to one that is held",
      { ports: { ollama: 12000 } },
      listener("127.0.0.1:12000", NGINX),
      inUse("nginx (pid 4242)", "127.0.0.1", 12000),
    ],
    ["held by another container", {}, container("web", "0.0.0.0", 11434), inUse("container web")],
    ["held by another container on another address", {}, container("web", "10.0.0.1", 11434), []],
    ["held for UDP", {}, container("web", "0.0.0.0", 11434, "udp"), []],
    ["held by our own container", {}, container("aistack-ollama", "127.0.0.1", 11434), []],
    [
      "held by a container of another stack",
      { namePrefix: "lab" },
      container("aistack-ollama", "127.0.0.1", 11434),
      inUse("container aistack-ollama"),
    ],
  ])("%s", (_what, config, fact, messages) => {
    expect(told(config, [fact])).toEqual(messages);
  });

  test("held by our own container through Docker's proxy is not in use", () => {
    const own = container("aistack-ollama", "127.0.0.1", 11434);
    const proxy = listener("127.0.0.1:11434", 'users:(("docker-proxy",pid=9,fd=4))');
    expect(told({}, [own, proxy])).toEqual([]);
  });

  test("held by another container is told as that container, not as Docker's proxy", () => {
    const proxy = listener("127.0.0.1:11434", 'users:(("docker-proxy",pid=9,fd=4))');
    expect(told({}, [container("web", "127.0.0.1", 11434), proxy])).toEqual(inUse("container web"));
  });

  test("of our own container that holds another one is checked", () => {
    const config = { ports: { ollama: 12000 } };
    const facts = [
      container("aistack-ollama", "127.0.0.1", 11434),
      listener("127.0.0.1:12000", NGINX),
    ];
    expect(told(config, facts)).toEqual(inUse("nginx (pid 4242)", "127.0.0.1", 12000));
  });
});

describe("an image", () => {
  const REGISTRY = "ollama/ollama:0.34.3";
  const missing = (name: string, fix: string) => [
    `aistack:images.source: image ${name} is not on this host. ${fix}`,
  ];
  const BUILD = "Build it with: ./aistack images build ollama";
  const LOAD = "Load it with: ./aistack images load FILE";

  test.each<[string, string[], string[]]>([
    ["auto", [], []],
    ["auto", [BUILT], []],
    ["registry", [], []],
    ["build", [], missing(BUILT, BUILD)],
    ["build", [REGISTRY], missing(BUILT, BUILD)],
    ["build", [BUILT], []],
    ["archive", [], missing(REGISTRY, LOAD)],
    ["archive", [BUILT], missing(REGISTRY, LOAD)],
    ["archive", [REGISTRY], []],
  ])("from source %s, with %j on the host", (source, present, messages) => {
    const lines = present.map((name) => `image\t${name}\t{"Id":"sha256:1"}`);
    expect(told({ images: { source } }, lines)).toEqual(messages);
  });
});

test("a service without a recipe cannot be built", () => {
  const config = { services: ["localai"], images: { source: "build" } };
  const problems = checkHost(planStandard(config), hostFacts(), []);
  expect(problems.map(formatProblem)).toEqual([
    'aistack:images.source: no recipe builds an image of "localai". ' +
      "Choose another source for it, or leave it out of aistack:services",
  ]);
});

describe("space for new models", () => {
  const free = (bytes: number) => [
    'info\t{"DockerRootDir":"/srv/docker"}',
    `disk\t/dev/sda1 1 1 ${bytes / 1024} 1% /`,
  ];
  const files = (...bytes: number[]) =>
    bytes.map((size, index) => ({ path: `m${index}`, bytes: size }));

  test.each<[string, string[], ModelFileFacts[], string[]]>([
    ["nothing new on a full disk", free(0), [], []],
    ["just enough, with half a GiB to spare", free(1.5 * GIB), files(GIB), []],
    [
      "a KiB too little",
      free(1.5 * GIB - 1024),
      files(GIB),
      [
        "aistack:models: the models need 1.0 GiB, but only 1.5 GiB are free in /srv/docker. " +
          "Free some space (docker system df shows what the engine holds), or declare smaller models",
      ],
    ],
    [
      "too little for two together",
      free(2 * GIB),
      files(GIB, GIB),
      [
        "aistack:models: the models need 2.0 GiB, but only 2.0 GiB are free in /srv/docker. " +
          "Free some space (docker system df shows what the engine holds), or declare smaller models",
      ],
    ],
    ["free space unknown", [], files(GIB), []],
  ])("%s", (_what, lines, newFiles, messages) =>
    expect(told({}, lines, newFiles)).toEqual(messages),
  );
});

describe("GPUs", () => {
  const NO_GPU =
    "GPU: there is no GPU of NVIDIA's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none";
  const check = (config: Readonly<Record<string, unknown>>, gpus: GpuFacts, ...lines: string[]) =>
    checkHost(applyGpu(planMinimal(config), gpus), hostFacts(...lines), []).map(formatProblem);

  test("that are required and absent keep the update from beginning, beside everything else", () => {
    const lines = [listener("127.0.0.1:11434", 'users:(("ollama",pid=7,fd=3))')];
    expect(check({ gpu: "nvidia" }, gpuHost(), ...lines)).toEqual([
      "aistack:ports.ollama: port 11434 on 127.0.0.1 is in use by ollama (pid 7). " +
        "Stop it, or choose another port with aistack:ports: {ollama: PORT}",
      NO_GPU,
    ]);
  });

  test("that are not required may be absent", () => {
    expect(check({ gpu: "nvidia", gpuRequired: false }, gpuHost())).toEqual([]);
  });

  test("that are there, with an image of the archive that is not", () => {
    expect(check({ gpu: "amd", images: { source: "archive" } }, amdHost())).toEqual([
      "aistack:images.source: image ollama/ollama:0.34.3-rocm is not on this host. " +
        "Load it with: ./aistack images load FILE",
    ]);
  });
});

describe("what somebody else made", () => {
  const seen = (labels: object) =>
    `container\taistack-ollama\t${JSON.stringify({ State: {}, Config: { Labels: labels }, HostConfig: {} })}`;
  const network = (labels: object) =>
    `network\taistack-net\t${JSON.stringify({ Id: "1", Driver: "bridge", Labels: labels })}`;

  test("under our names is neither taken nor replaced", () => {
    expect(told({}, [seen({ other: "x" }), network({})])).toEqual([
      "docker: a container aistack-ollama is there that aistack did not make. " +
        "Rename it with: docker rename aistack-ollama aistack-ollama-old, remove it, or set aistack:namePrefix",
      "docker: a network aistack-net is there that aistack did not make. " +
        "Remove it with: docker network rm aistack-net, or set aistack:namePrefix",
    ]);
  });

  test("is told apart by our label, whatever its value", () => {
    expect(
      told({}, [seen({ "dev.aistack.spec": "" }), network({ "dev.aistack.spec": "0 x" })]),
    ).toEqual([]);
  });

  test("under other names is none of our business", () => {
    expect(told({ namePrefix: "lab" }, [seen({}), network({})])).toEqual([]);
  });
});
