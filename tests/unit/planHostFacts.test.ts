import { describe, expect, test } from "vitest";
import { type HostFacts, type ListenerFacts, parseHostFacts } from "../../plan/hostFacts";
import { hostFacts, inspected, line, VERSION } from "../support/plan/hostOutput";

const NOTHING: HostFacts = {
  volumes: new Set(),
  docker: { state: "down" },
  dataRoot: undefined,
  freeBytes: undefined,
  containers: [],
  images: new Map(),
  imageDigests: new Map(),
  imageEnvs: new Map(),
  inspectedContainers: {},
  networks: {},
  listeners: [],
  models: undefined,
  gpuInside: {},
};

test("volumes are those that the engine has", () => {
  const lines = ['volume\tollama_data\t{"Name":"ollama_data"}', "volume\tlocalai_data\t"];
  expect(hostFacts(...lines).volumes).toEqual(new Set(["ollama_data"]));
});

test("a host with everything on it", () => {
  const output = [
    line("docker", VERSION),
    'info\t{"DockerRootDir":"/var/lib/docker"}',
    "disk\tFilesystem 1024-blocks Used Available Capacity Mounted on",
    "disk\t/dev/vda 264212084 31700816 63794584 34% /",
    "disk\toverlay 264212084 31700816 1 34% /var/lib/docker/overlay2/x/merged",
    "disk\ttmpfs 2 0 2 0% /var/lib/dock",
    line("containers", [
      {
        Id: "c1",
        Names: ["/aistack-ollama"],
        State: "running",
        Ports: [
          { IP: "127.0.0.1", PrivatePort: 11434, PublicPort: 11434, Type: "tcp" },
          { PrivatePort: 9999, Type: "tcp" },
        ],
      },
      { Id: "c2", Names: ["/web", "/other/web"], State: "exited", Ports: [] },
      {
        Id: "c3",
        Names: ["/dns"],
        State: "running",
        Ports: [
          { IP: "0.0.0.0", PrivatePort: 53, PublicPort: 53, Type: "udp" },
          { IP: "::", PrivatePort: 53, PublicPort: 53, Type: "udp" },
        ],
      },
    ]),
    `image\tollama/ollama:0.34.3\t{"Id":"sha256:aaaa","RepoTags":["ollama/ollama:0.34.3"]}`,
    `container\taistack-ollama\t${JSON.stringify(inspected())}`,
    `network\taistack-net\t{"Name":"aistack-net","Id":"net1","Driver":"bridge","Internal":true,"Labels":{"a":"b"}}`,
    'listener\tLISTEN 0      4096   127.0.0.1:11434 0.0.0.0:* users:(("docker-proxy",pid=77,fd=4))',
    line("models", {
      models: [
        { name: "tiny:latest", digest: "d1", size: 1 },
        { name: "b:1", digest: "d2" },
      ],
    }),
    "gpu-inside\taistack-ollama\t0\tGPU 0: NVIDIA A (UUID: GPU-a)  GPU 1: B",
    "gpu-inside\taistack-localai\t255\tFailed to initialize NVML: Unknown Error ",
    "gpu-inside\taistack-other\t1\t",
    "",
  ].join("\n");
  expect(parseHostFacts(output)).toStrictEqual({
    volumes: new Set(),
    docker: { state: "running", version: "20.10.24+dfsg1", apiVersion: "1.41" },
    dataRoot: "/var/lib/docker",
    freeBytes: 63794584 * 1024,
    containers: [
      {
        name: "aistack-ollama",
        state: "running",
        ports: [{ ip: "127.0.0.1", port: 11434, protocol: "tcp" }],
      },
      { name: "web", state: "exited", ports: [] },
      {
        name: "dns",
        state: "running",
        ports: [
          { ip: "0.0.0.0", port: 53, protocol: "udp" },
          { ip: "::", port: 53, protocol: "udp" },
        ],
      },
    ],
    images: new Map([["ollama/ollama:0.34.3", "sha256:aaaa"]]),
    imageDigests: new Map([["ollama/ollama:0.34.3", []]]),
    imageEnvs: new Map(),
    inspectedContainers: {
      "aistack-ollama": {
        id: "c1",
        image: "sha256:aaaa",
        status: "running",
        health: undefined,
        startedAt: undefined,
        labels: { "dev.aistack.spec": "0123456789abcdef" },
        envs: ["OLLAMA_NOHISTORY=1", "PATH=/usr/bin"],
        restart: "unless-stopped",
        memory: 17179869184,
        memorySwap: 17179869184,
        nanoCpus: 1.5e9,
        readOnly: true,
        init: true,
        tmpfs: { "/tmp": "" },
        capDrop: ["ALL"],
        securityOpts: ["no-new-privileges:true"],
        logOpts: { "max-file": "3", "max-size": "10m" },
        ports: ["127.0.0.1:11434:11434/tcp"],
        mounts: ["ollama_data:/root/.ollama"],
        healthcheck: { tests: ["CMD", "ollama", "list"], interval: 5e9, timeout: 5e9 },
        networkIds: { "aistack-net": "net1" },
        deviceRequests: [],
        runtime: "",
        devices: [],
        groupAdds: [],
      },
    },
    networks: {
      "aistack-net": { id: "net1", driver: "bridge", internal: true, labels: { a: "b" } },
    },
    listeners: [{ address: "127.0.0.1", port: 11434, process: { name: "docker-proxy", pid: 77 } }],
    models: { "tiny:latest": "d1", "b:1": "d2" },
    gpuInside: {
      "aistack-ollama": { exitCode: 0, text: "GPU 0: NVIDIA A (UUID: GPU-a)  GPU 1: B" },
      "aistack-localai": { exitCode: 255, text: "Failed to initialize NVML: Unknown Error" },
      "aistack-other": { exitCode: 1, text: "" },
    },
  });
});

test.each(["absent", "denied", "down"] as const)("an engine that is %s", (state) => {
  expect(parseHostFacts(`docker\t${state}\n`)).toEqual({ ...NOTHING, docker: { state } });
});

test.each([
  ["no output", ""],
  ["an empty answer", "docker\t\n"],
  ["an answer that is no JSON", "docker\t<html>proxy error</html>\n"],
  ["an answer that is no object", "docker\t[1]\n"],
])("%s means an engine that does not answer", (_what, output) => {
  expect(parseHostFacts(output)).toEqual(NOTHING);
});

test("a line that is no fact is a bug and says which", () => {
  expect(() => parseHostFacts("docker\tdown\nsh: 1: curl: not found\n")).toThrow(
    new Error("the host probe printed an unexpected line: sh: 1: curl: not found"),
  );
});

test("an engine that tells its architecture", () => {
  const version = { Version: "28.3.3", ApiVersion: "1.51", Arch: "arm64" };
  expect(parseHostFacts(`${line("docker", version)}\n`).docker).toEqual({
    state: "running",
    version: "28.3.3",
    apiVersion: "1.51",
    architecture: "arm64",
  });
});

describe("the engine's answers", () => {
  test.each<[string, string, Partial<HostFacts>]>([
    ["no containers", line("containers", []), { containers: [] }],
    ["an error in place of a list", line("containers", { message: "boom" }), { containers: [] }],
    ["half an answer", 'containers\t[{"Names":["/a"]', { containers: [] }],
    [
      "a container without name and ports",
      line("containers", [{ State: "created", Names: null, Ports: null }]),
      {
        containers: [{ name: "", state: "created", ports: [] }],
      },
    ],
    [
      "nothing known of free space",
      'info\t{"DockerRootDir":"/data"}',
      { dataRoot: "/data", freeBytes: undefined },
    ],
    [
      "a full disk of its own, with a blank in its name",
      'info\t{"DockerRootDir":"/data/docker"}\ndisk\ta b 9 1 5 1% /\ndisk\t/dev/my disk 9 9 0 100% /data',
      { dataRoot: "/data/docker", freeBytes: 0 },
    ],
    ["no answer about the engine", "info\t", { dataRoot: undefined, freeBytes: undefined }],
    ["Ollama that is not there", "models\tunreachable", { models: undefined }],
    ["Ollama without models", line("models", { models: [] }), { models: {} }],
    ["Ollama that answers null", line("models", { models: null }), { models: {} }],
    ["something else on Ollama's port", line("models", [1]), { models: undefined }],
    [
      "two images",
      [
        'image\ta:1\t{"Id":"i1","RepoDigests":["a@sha256:d1"],"Config":{"Env":["PATH=/bin"]}}',
        'image\tb:1\t{"Id":"i2","RepoDigests":null,"Config":{"Env":null}}',
        "image\tc:1\tnonsense",
      ].join("\n"),
      {
        images: new Map([
          ["a:1", "i1"],
          ["b:1", "i2"],
        ]),
        imageDigests: new Map([
          ["a:1", ["a@sha256:d1"]],
          ["b:1", []],
        ]),
        imageEnvs: new Map([
          ["i1", ["PATH=/bin"]],
          ["i2", []],
        ]),
      },
    ],
    [
      "a network without labels",
      'network\tn\t{"Id":"1","Driver":"bridge","Internal":false,"Labels":null}',
      {
        networks: { n: { id: "1", driver: "bridge", internal: false, labels: {} } },
      },
    ],
  ])("%s", (_what, lines, facts) => {
    expect(hostFacts(lines)).toMatchObject(facts);
  });

  const seen = (container: object) =>
    hostFacts(`container\tx\t${JSON.stringify(container)}`).inspectedContainers.x;

  test("a container about which nothing was declared", () => {
    const bare = { Id: "1", Image: "i", State: { Status: "exited" }, Config: {}, HostConfig: {} };
    expect(seen(bare)).toStrictEqual({
      id: "1",
      image: "i",
      status: "exited",
      health: undefined,
      startedAt: undefined,
      labels: {},
      envs: [],
      restart: "no",
      memory: 0,
      memorySwap: 0,
      nanoCpus: 0,
      readOnly: false,
      init: false,
      tmpfs: {},
      capDrop: [],
      securityOpts: [],
      logOpts: {},
      ports: [],
      mounts: [],
      healthcheck: undefined,
      networkIds: {},
      deviceRequests: [],
      runtime: "",
      devices: [],
      groupAdds: [],
    });
  });

  test("how a container reaches GPUs, in one order", () => {
    const HostConfig = {
      Runtime: "nvidia",
      DeviceRequests: [
        {
          Driver: "cdi",
          Count: 0,
          DeviceIDs: ["nvidia.com/gpu=b", "nvidia.com/gpu=a"],
          Capabilities: null,
        },
        { Driver: "", Count: -1, DeviceIDs: null, Capabilities: [["gpu"]] },
      ],
      Devices: [
        { PathOnHost: "/dev/kfd", PathInContainer: "/dev/kfd", CgroupPermissions: "rwm" },
        { PathOnHost: "/dev/dri", PathInContainer: "/dev/dri", CgroupPermissions: "rwm" },
      ],
      GroupAdd: ["992", "44"],
    };
    expect(seen(inspected({ HostConfig }))).toMatchObject({
      runtime: "nvidia",
      deviceRequests: [
        { driver: "cdi", count: 0, deviceIds: ["nvidia.com/gpu=a", "nvidia.com/gpu=b"] },
        { driver: "", count: -1, deviceIds: [] },
      ],
      devices: ["/dev/dri", "/dev/kfd"],
      groupAdds: ["44", "992"],
    });
  });

  test.each([
    ["healthy", { Health: { Status: "healthy" } }, "healthy"],
    ["starting", { Health: { Status: "starting" } }, "starting"],
    ["without a check", { Health: { Status: "none" } }, undefined],
  ])("the health of a container: %s", (_what, state, health) => {
    expect(seen(inspected({ State: state }))).toMatchObject({ health });
  });

  test("when a container was started; one that never was has no time", () => {
    const since = (StartedAt: string) => seen(inspected({ State: { StartedAt } }))?.startedAt;
    expect(since("2026-11-22T12:00:00.123456789Z")).toBe("2026-11-22T12:00:00.123456789Z");
    expect(since("0001-01-01T00:00:00Z")).toBeUndefined();
  });

  test("a paused container is paused, though Docker says that it runs", () => {
    expect(seen(inspected({ State: { Paused: true } }))?.status).toBe("paused");
  });

  test("ports, mounts and capabilities have one order", () => {
    const container = inspected({
      HostConfig: {
        CapDrop: ["CAP_SYS_ADMIN", "CAP_CHOWN"],
        PortBindings: {
          "443/tcp": null,
          "90/udp": [{ HostIp: "127.0.0.1", HostPort: "91" }],
          "90/tcp": [{ HostIp: "127.0.0.1", HostPort: "90" }],
          "80/tcp": [
            { HostIp: "127.0.0.1", HostPort: "10080" },
            { HostIp: "::1", HostPort: "8080" },
          ],
        },
      },
    });
    const mounts = [
      { Type: "volume", Name: "z", Destination: "/a" },
      { Type: "bind", Source: "/host", Destination: "/b" },
    ];
    expect(seen({ ...container, Mounts: mounts })).toMatchObject({
      capDrop: ["CAP_CHOWN", "CAP_SYS_ADMIN"],
      ports: [
        "::1:8080:80/tcp",
        "127.0.0.1:10080:80/tcp",
        "127.0.0.1:90:90/tcp",
        "127.0.0.1:91:90/udp",
      ],
      mounts: ["/host:/b", "z:/a"],
    });
  });
});

// As `ss -Hltnp` of iproute2 6.1 prints them.
test.each<[string, ListenerFacts[]]>([
  [
    'LISTEN 0      511    127.0.0.1:34559 0.0.0.0:* users:(("MainThread",pid=10066,fd=22))',
    [{ address: "127.0.0.1", port: 34559, process: { name: "MainThread", pid: 10066 } }],
  ],
  [
    "LISTEN 0      128      0.0.0.0:2024  0.0.0.0:*                                       ",
    [{ address: "0.0.0.0", port: 2024, process: undefined }],
  ],
  [
    'LISTEN 0      4096         [::]:22            [::]:*    users:(("sshd",pid=1,fd=4))',
    [{ address: "::", port: 22, process: { name: "sshd", pid: 1 } }],
  ],
  [
    "LISTEN 0      4096            *:11434            *:*",
    [{ address: "*", port: 11434, process: undefined }],
  ],
  [
    "LISTEN 0      4096   [::ffff:127.0.0.1]:8080     *:*",
    [{ address: "::ffff:127.0.0.1", port: 8080, process: undefined }],
  ],
  [
    "LISTEN 0      4096   127.0.0.53%lo:53 0.0.0.0:*",
    [{ address: "127.0.0.53", port: 53, process: undefined }],
  ],
  [
    "LISTEN 0      128    [fe80::1]%eth0:546 [::]:*",
    [{ address: "fe80::1", port: 546, process: undefined }],
  ],
  [
    'LISTEN 0 5 127.0.0.1:1 0.0.0.0:* users:(("a b",pid=2,fd=3),("c",pid=4,fd=5))',
    [{ address: "127.0.0.1", port: 1, process: { name: "a b", pid: 2 } }],
  ],
  ["LISTEN 0 5 /run/x.sock 0.0.0.0:*", []],
  ["", []],
  ["LISTEN", []],
])("the listener %j", (socket, listeners) => {
  expect(hostFacts(line("listener", socket)).listeners).toEqual(listeners);
});
