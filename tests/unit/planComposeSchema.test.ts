import { describe, expect, test } from "vitest";
import { readComposeProject } from "../../plan/composeFile";
import { composeText, EXTRA_LINE, readProject, readService } from "../support/plan/composeText";
import { problemsOf } from "../support/plan/problems";

const told = (extra: string) => problemsOf(() => readService(extra));
/** The message of a fault in the first line that the test adds. */
const at = (path: string, message: string, line = EXTRA_LINE) =>
  `x.yaml:${line}: services.one.${path}: ${message}`;

const PORT = { mode: "ingress", protocol: "tcp" };

test("the smallest service is what is written and the defaults", () => {
  expect(readProject(composeText())).toEqual({
    name: "aistack",
    networks: { net: { name: "aistack-net", ipam: {} } },
    volumes: { data: { name: "data" } },
    services: {
      one: {
        command: null,
        container_name: "aistack-one",
        entrypoint: null,
        image: "one:1",
        networks: { net: null },
        ports: [{ ...PORT, target: 80, published: "8080" }],
        "x-aistack": { readiness: "/ready", endpoint: 80 },
      },
    },
  });
});

test("what a service does with GPUs is merged key by key", () => {
  const second = `services:
  one:
    x-aistack: {gpu: true, variants: {amd: "one:2-rocm", intel: "one:1-intel"}}
`;
  const first = composeText().replace(
    "endpoint: 80}",
    "endpoint: 80, variants: {amd: 'one:1-rocm', nvidia-cuda-12: 'one:1-cuda12'}}",
  );
  const project = readComposeProject([
    { file: "a.yaml", text: first },
    { file: "b.yaml", text: second },
  ]);
  expect(project.services.one?.["x-aistack"]).toEqual({
    readiness: "/ready",
    endpoint: 80,
    gpu: true,
    variants: { amd: "one:2-rocm", intel: "one:1-intel", "nvidia-cuda-12": "one:1-cuda12" },
  });
});

describe("accepted", () => {
  test.each<[string, string, unknown]>([
    ["cap_add", "cap_add: [CHOWN, KILL]", ["CHOWN", "KILL"]],
    ["cap_drop", "cap_drop: [ALL]", ["ALL"]],
    ["command", "command: [serve, --port=1, '']", ["serve", "--port=1", ""]],
    ["command", "command:", null],
    ["command", "command: ['$$HOME $$$$']", ["$$HOME $$$$"]],
    ["cpus", "cpus: 0.5", 0.5],
    ["cpus", "cpus: 4", 4],
    ["depends_on", "depends_on: []", {}],
    ["entrypoint", "entrypoint: [/bin/sh]", ["/bin/sh"]],
    [
      "environment",
      "environment: {A: b, C: 5, D: 0.5, E: true, F: null, G: '', H: '$$x'}",
      {
        A: "b",
        C: "5",
        D: "0.5",
        E: "true",
        F: null,
        G: "",
        H: "$$x",
      },
    ],
    [
      "environment",
      "environment: [A=b, C=d=e, F, G=, A=last]",
      { A: "last", C: "d=e", F: null, G: "" },
    ],
    ["environment", "environment: []", {}],
    ["healthcheck", "healthcheck: {test: [CMD, x]}", { test: ["CMD", "x"] }],
    [
      "healthcheck",
      "healthcheck: {test: [NONE], interval: 90s, timeout: 500ms, retries: 3, start_period: 0s}",
      {
        test: ["NONE"],
        interval: "1m30s",
        timeout: "500ms",
        retries: 3,
        start_period: "0s",
      },
    ],
    ["init", "init: false", false],
    ["logging", "logging: {driver: local}", { driver: "local" }],
    [
      "logging",
      "logging: {options: {max-size: 10m, max-file: 3}}",
      { options: { "max-size": "10m", "max-file": "3" } },
    ],
    ["logging", "logging: {}", {}],
    ["mem_limit", "mem_limit: 8g", "8589934592"],
    ["mem_limit", "mem_limit: 1048576", "1048576"],
    ["memswap_limit", "memswap_limit: 1.5g", "1610612736"],
    [
      "ports",
      "ports: [80, '81', '8082:82', '127.0.0.1:8083:83/udp', '084:080/tcp']",
      [
        { ...PORT, target: 80 },
        { ...PORT, target: 81 },
        { ...PORT, published: "8082", target: 82 },
        { ...PORT, host_ip: "127.0.0.1", published: "8083", target: 83, protocol: "udp" },
        { ...PORT, published: "84", target: 80 },
      ],
    ],
    [
      "ports",
      "ports: [{target: 80}, {target: 81, published: 8081, host_ip: '::1', protocol: udp, mode: ingress}]",
      [
        { ...PORT, target: 80 },
        { ...PORT, target: 81, published: "8081", host_ip: "::1", protocol: "udp" },
      ],
    ],
    ["profiles", "profiles: [minimal, other]", ["minimal", "other"]],
    ["read_only", "read_only: true", true],
    ["restart", "restart: no", "no"],
    ["restart", "restart: on-failure", "on-failure"],
    ["security_opt", "security_opt: ['no-new-privileges:true']", ["no-new-privileges:true"]],
    ["shm_size", "shm_size: 64m", "67108864"],
    ["stop_grace_period", "stop_grace_period: 90s", "1m30s"],
    ["tmpfs", "tmpfs: /tmp", ["/tmp"]],
    ["tmpfs", "tmpfs: [/tmp, '/run:size=64m']", ["/tmp", "/run:size=64m"]],
    ["user", "user: '1000:1000'", "1000:1000"],
    [
      "volumes",
      "volumes: ['data:/a', 'data:/b/:ro', 'data:/c/../d:rw']",
      [
        { type: "volume", source: "data", target: "/a", volume: {} },
        { type: "volume", source: "data", target: "/b", read_only: true, volume: {} },
        { type: "volume", source: "data", target: "/d", volume: {} },
      ],
    ],
    [
      "volumes",
      "volumes: [{type: volume, source: data, target: /a/./b//c/}]",
      [{ type: "volume", source: "data", target: "/a/b/c" }],
    ],
    [
      "volumes",
      "volumes: [{type: volume, source: data, target: /, read_only: false, volume: {}}]",
      [{ type: "volume", source: "data", target: "/", read_only: false, volume: {} }],
    ],
  ])("%s: %s", (key, line, value) => {
    // A service may have a key once, and the smallest one publishes a port.
    const text =
      key === "ports"
        ? composeText(line).replace('    ports: ["8080:80"]\n', "")
        : composeText(line);
    expect(readProject(text).services.one).toHaveProperty([key], value);
  });

  test("dependencies, in both spellings", () => {
    const two = composeText()
      .slice(composeText().indexOf("  one:"))
      .replaceAll("one", "two")
      .replace("8080", "8081");
    const read = (line: string) =>
      readProject(`${composeText(line)}${two}`).services.one?.depends_on;
    expect(read("depends_on: [two]")).toEqual({
      two: { condition: "service_started", required: true },
    });
    expect(read("depends_on: {two: {condition: service_healthy, required: false}}")).toEqual({
      two: { condition: "service_healthy", required: false },
    });
    expect(read("depends_on: {two: {condition: service_started}}")).toEqual({
      two: { condition: "service_started", required: true },
    });
  });

  test("networks, in both spellings", () => {
    const read = (networks: string) =>
      readProject(composeText().replace("[net]", networks)).services.one?.networks;
    expect(read("[net]")).toEqual({ net: null });
    expect(read("{net: }")).toEqual({ net: null });
  });

  test("top-level x- keys and what they anchor", () => {
    const text = `x-shared: &shared {restart: always}\nx-other: [1, {a: b}]\n${composeText("<<: *shared")}`;
    expect(readProject(text).services.one?.restart).toBe("always");
  });

  test("a network's and a volume's own keys", () => {
    const text = composeText().replace(
      "{name: aistack-net}",
      "{name: aistack-net, driver: bridge, internal: true, ipam: {}}",
    );
    expect(readProject(text).networks).toEqual({
      net: { name: "aistack-net", driver: "bridge", internal: true, ipam: {} },
    });
  });
});

const DOLLAR =
  'a "$" would be interpolated by Compose, which aistack does not do. Write "$$" for a plain dollar sign';
const SIZE = "must be a size such as 512m or 8g, not";
const DURATION = "must be a duration such as 30s or 1m30s, not";

describe("refused", () => {
  test.each<[string, string, string]>([
    ["cap_add: ALL", "cap_add", 'must be a list, not "ALL"'],
    ["cap_add: [5]", "cap_add[0]", "must be a text, not the number 5"],
    ["cap_drop: ['']", "cap_drop[0]", "must not be empty"],
    ["cap_drop: [$X]", "cap_drop[0]", DOLLAR],
    ["command: serve", "command", 'must be a list, not "serve"'],
    ["command: [5]", "command[0]", "must be a text, not the number 5"],
    ["command: [a, $HOME]", "command[1]", DOLLAR],
    ["command: ['$$$']", "command[0]", DOLLAR],
    ["cpus: '2'", "cpus", 'must be a number of CPUs, not "2"'],
    ["cpus: 0", "cpus", "must be more than 0"],
    ["cpus: -1", "cpus", "must be more than 0"],
    ["depends_on: two", "depends_on", 'must be a mapping, not "two"'],
    ["depends_on: {two: }", "depends_on.two", "must be a mapping, not empty"],
    [
      "depends_on: {two: {condition: service_done}}",
      "depends_on.two.condition",
      'unknown value "service_done". Accepted: service_started, service_healthy',
    ],
    [
      "depends_on: {two: {restart: true}}",
      "depends_on.two.restart",
      'unknown key "restart". Accepted: condition, required',
    ],
    [
      "depends_on: {'a b': {condition: service_started}}",
      "depends_on.a b",
      'must be a name of letters, digits, dot, dash and underscore, not "a b"',
    ],
    ["entrypoint: sh", "entrypoint", 'must be a list, not "sh"'],
    ["environment: A=b", "environment", 'must be a mapping, not "A=b"'],
    [
      "environment: {A: [b]}",
      "environment.A",
      "must be a text, a number or true/false, not a list",
    ],
    ["environment: [A: b]", "environment", "must be a mapping, not a list"],
    ["environment: {A: '$B'}", "environment.A", DOLLAR],
    // Its place is the list: a list of variables has become a mapping by then.
    ["environment: ['A=$B']", "environment.A", DOLLAR],
    ["healthcheck: [CMD, x]", "healthcheck", "must be a mapping, not a list"],
    ["healthcheck: {test: x}", "healthcheck.test", 'must be a list, not "x"'],
    [
      "healthcheck: {test: []}",
      "healthcheck.test",
      'must be a list that begins with "CMD", "CMD-SHELL" or "NONE"',
    ],
    [
      "healthcheck: {test: [x]}",
      "healthcheck.test",
      'must be a list that begins with "CMD", "CMD-SHELL" or "NONE"',
    ],
    ["healthcheck: {interval: 5s}", "healthcheck.test", "is missing; it must be a list"],
    [
      "healthcheck: {test: [NONE], interval: 5}",
      "healthcheck.interval",
      "must be a text, not the number 5",
    ],
    [
      "healthcheck: {test: [NONE], timeout: 5}",
      "healthcheck.timeout",
      "must be a text, not the number 5",
    ],
    [
      "healthcheck: {test: [NONE], start_period: soon}",
      "healthcheck.start_period",
      `${DURATION} "soon"`,
    ],
    [
      "healthcheck: {test: [NONE], retries: 0}",
      "healthcheck.retries",
      "must be a whole number from 1 to 1000, not 0",
    ],
    [
      "healthcheck: {test: [NONE], retires: 1}",
      "healthcheck.retires",
      'unknown key "retires". Did you mean "retries"? Accepted: test, timeout, interval, retries, start_period',
    ],
    ["init: 'yes'", "init", 'must be true or false, not "yes"'],
    ["logging: json-file", "logging", 'must be a mapping, not "json-file"'],
    ["logging: {driver: ''}", "logging.driver", "must not be empty"],
    ["logging: {options: {a: true}}", "logging.options.a", "must be a text or a number, not true"],
    ["logging: {options: {a: null}}", "logging.options.a", "must be a text or a number, not empty"],
    [
      "logging: {option: {}}",
      "logging.option",
      'unknown key "option". Did you mean "options"? Accepted: driver, options',
    ],
    ["mem_limit: 8x", "mem_limit", `${SIZE} "8x"`],
    ["mem_limit: 0", "mem_limit", `${SIZE} "0"`],
    ["mem_limit: -1", "mem_limit", `${SIZE} "-1"`],
    ["mem_limit: 1.5", "mem_limit", `${SIZE} the number 1.5`],
    ["mem_limit: true", "mem_limit", `${SIZE} true`],
    ["memswap_limit: 1t", "memswap_limit", `${SIZE} "1t"`],
    ["profiles: minimal", "profiles", 'must be a list, not "minimal"'],
    ["read_only: 1", "read_only", "must be true or false, not the number 1"],
    [
      "restart: sometimes",
      "restart",
      'unknown value "sometimes". Accepted: no, always, unless-stopped, on-failure',
    ],
    [
      "restart: alway",
      "restart",
      'unknown value "alway". Did you mean "always"? Accepted: no, always, unless-stopped, on-failure',
    ],
    ["security_opt: [a, b, a]", "security_opt", "names the same option twice"],
    ["shm_size: big", "shm_size", `${SIZE} "big"`],
    ["stop_grace_period: 30", "stop_grace_period", "must be a text, not the number 30"],
    ["stop_grace_period: 1d", "stop_grace_period", `${DURATION} "1d"`],
    ["tmpfs: {a: b}", "tmpfs", "must be a list, not a mapping"],
    ["tmpfs: ['/tmp$X']", "tmpfs[0]", DOLLAR],
    ["user: 1000", "user", "must be a text, not the number 1000"],
    ["user: ''", "user", "must not be empty"],
    ["user: $UID", "user", DOLLAR],
    ["volumes: data:/a", "volumes", 'must be a list, not "data:/a"'],
    ["volumes: [/host:/a]", "volumes[0]", 'must be a mapping, not "/host:/a"'],
    ["volumes: [./host:/a]", "volumes[0]", 'must be a mapping, not "./host:/a"'],
    ["volumes: ['data:/a:z']", "volumes[0]", 'must be a mapping, not "data:/a:z"'],
    ["volumes: [/anonymous]", "volumes[0]", 'must be a mapping, not "/anonymous"'],
    [
      "volumes: [{type: bind, source: data, target: /a}]",
      "volumes[0].type",
      'unknown value "bind". Accepted: volume',
    ],
    ["volumes: [{type: volume, source: '', target: /a}]", "volumes[0].source", "must not be empty"],
    [
      "volumes: [{type: volume, source: data, target: a}]",
      "volumes[0].target",
      'must be an absolute path in the container, not "a"',
    ],
    [
      "volumes: [{type: volume, source: data, target: /a, volume: {nocopy: true}}]",
      "volumes[0].volume.nocopy",
      'unknown key "nocopy". Accepted: ',
    ],
    [
      "volumes: [{type: volume, source: data, target: /a, readonly: true}]",
      "volumes[0].readonly",
      'unknown key "readonly". Did you mean "read_only"? Accepted: type, source, target, read_only, volume',
    ],
  ])("%s", (line, path, message) => {
    expect(told(line)).toEqual([at(path, message)]);
  });

  test.each<[string, string]>([
    ["[70000]", "ports[0].target: must be a whole number from 1 to 65535, not 70000"],
    ["['0:80']", "ports[0].published: must be a whole number from 1 to 65535, not 0"],
    ["['70000:80']", "ports[0].published: must be a whole number from 1 to 65535, not 70000"],
    ["['8000-8010:80']", 'ports[0]: must be a mapping, not "8000-8010:80"'],
    ["['80:80/sctp']", 'ports[0]: must be a mapping, not "80:80/sctp"'],
    ["['[::1]:80:80']", 'ports[0]: must be a mapping, not "[::1]:80:80"'],
    ["['$PORT:80']", 'ports[0]: must be a mapping, not "$PORT:80"'],
    ["[{target: '80'}]", 'ports[0].target: must be a whole number, not "80"'],
    ["[{published: 80}]", "ports[0].target: is missing; it must be a whole number"],
    [
      "[{target: 80, published: 80-81}]",
      'ports[0].published: must be a single port number, not "80-81"',
    ],
    ["[{target: 80, published: [1]}]", "ports[0].published: must be a port number, not a list"],
    ["[{target: 80, mode: host}]", 'ports[0].mode: unknown value "host". Accepted: ingress'],
    ["[{target: 80, protocol: tpc}]", 'ports[0].protocol: unknown value "tpc". Accepted: tcp, udp'],
    ["[{target: 80, host_ip: $IP}]", `ports[0].host_ip: ${DOLLAR}`],
    [
      "[{target: 80, host: x}]",
      'ports[0].host: unknown key "host". Accepted: mode, host_ip, target, published, protocol',
    ],
    ["80", "ports: must be a list, not the number 80"],
    ["[81]", "x-aistack.endpoint: container port 80 is not published. Published: 81"],
    ["[]", "x-aistack.endpoint: container port 80 is not published. Published: none"],
  ])("ports: %s", (ports, message) => {
    const line = message.startsWith("ports") ? 9 : 10;
    const text = composeText().replace('["8080:80"]', ports);
    expect(problemsOf(() => readProject(text))).toEqual([
      `x.yaml:${line}: services.one.${message}`,
    ]);
  });

  // What the smallest file needs, each taken away or spoilt in turn.
  test.each<[string, string, string]>([
    ["    image: one:1\n", "", "x.yaml:5: services.one.image: is missing; it must be a text"],
    [
      "image: one:1",
      "image: one:latest",
      'x.yaml:7: services.one.image: the tag "latest" moves. Name a version',
    ],
    [
      "image: one:1",
      "image: one",
      'x.yaml:7: services.one.image: "one" names no version, so it means the moving tag latest. Name a version',
    ],
    [
      "image: one:1",
      "image: One:1",
      'x.yaml:7: services.one.image: "One:1" is not an image reference such as ollama/ollama:0.34.3',
    ],
    ["image: one:1", "image: [one]", "x.yaml:7: services.one.image: must be a text, not a list"],
    [
      "    container_name: aistack-one\n",
      "",
      "x.yaml:5: services.one.container_name: is missing; it must be a text",
    ],
    [
      "aistack-one",
      "one",
      'x.yaml:6: services.one.container_name: must be a name that begins with aistack-, not "one"',
    ],
    [
      "    networks: [net]\n",
      "",
      "x.yaml:5: services.one.networks: is missing; it must be a mapping",
    ],
    [
      "networks: [net]",
      "networks: []",
      "x.yaml:8: services.one.networks: must name at least one network",
    ],
    [
      "networks: [net]",
      "networks: net",
      'x.yaml:8: services.one.networks: must be a mapping, not "net"',
    ],
    [
      "networks: [net]",
      "networks: {net: {aliases: [x]}}",
      "x.yaml:8: services.one.networks.net: takes no options here",
    ],
    [
      "networks: [net]",
      "networks: [nett]",
      'x.yaml:8: services.one.networks.nett: network "nett" is not declared. Declared: net',
    ],
    [
      "    x-aistack: {readiness: /ready, endpoint: 80}\n",
      "",
      "x.yaml:5: services.one.x-aistack: is missing; it must be a mapping",
    ],
    [
      "readiness: /ready, ",
      "",
      "x.yaml:10: services.one.x-aistack.readiness: is missing; it must be a text",
    ],
    [
      "readiness: /ready",
      "readiness: ready",
      'x.yaml:10: services.one.x-aistack.readiness: must be an HTTP path, not "ready"',
    ],
    [
      "endpoint: 80",
      "endpoint: 80, health: /",
      'x.yaml:10: services.one.x-aistack.health: unknown key "health". Accepted: readiness, endpoint, readinessSeconds, secrets, gpu, variants',
    ],
    [
      "endpoint: 80",
      "endpoint: 80, gpu: nvidia",
      'x.yaml:10: services.one.x-aistack.gpu: must be true or false, not "nvidia"',
    ],
    [
      "endpoint: 80",
      "endpoint: 80, variants: {cuda: 'one:1-cuda'}",
      'x.yaml:10: services.one.x-aistack.variants.cuda: unknown key "cuda". Accepted: nvidia-cuda-12, nvidia-cuda-13, amd, intel',
    ],
    [
      "endpoint: 80",
      "endpoint: 80, variants: {amd: 'one:latest'}",
      'x.yaml:10: services.one.x-aistack.variants.amd: the tag "latest" moves. Name a version',
    ],
    [
      "endpoint: 80",
      "endpoint: 0",
      "x.yaml:10: services.one.x-aistack.endpoint: must be a whole number from 1 to 65535, not 0",
    ],
    [
      "  one:",
      "  one two:",
      'x.yaml:5: services.one two: must be a name of letters, digits, dot, dash and underscore, not "one two"',
    ],
    [
      "  one:",
      "  constructor:",
      'x.yaml:5: services.constructor: "constructor" is not accepted as a name',
    ],
    ["  one:", "  toString:", 'x.yaml:5: services.toString: "toString" is not accepted as a name'],
    [
      "name: aistack\n",
      "name: AI stack\n",
      'x.yaml:1: name: must be a name of a-z, 0-9, - and _, not "AI stack"',
    ],
    ["name: aistack\n", "", "x.yaml:1: name: is missing; it must be a text"],
    [
      "{name: aistack-net}",
      "{name: net}",
      'x.yaml:2: networks.net.name: must be a name that begins with aistack-, not "net"',
    ],
    ["{name: aistack-net}", "{}", "x.yaml:2: networks.net.name: is missing; it must be a text"],
    [
      "{name: aistack-net}",
      "{name: aistack-net, driver: overlay}",
      'x.yaml:2: networks.net.driver: unknown value "overlay". Accepted: bridge',
    ],
    [
      "{name: aistack-net}",
      "{name: aistack-net, labels: {a: b}}",
      'x.yaml:2: networks.net.labels: unknown key "labels". Accepted: name, driver, internal, ipam',
    ],
    [
      "{name: aistack-net}",
      "{name: aistack-net, ipam: {driver: x}}",
      'x.yaml:2: networks.net.ipam.driver: unknown key "driver". Accepted: ',
    ],
    [
      "{name: data}",
      "{name: My Data}",
      'x.yaml:3: volumes.data.name: must be a name of a-z, 0-9 and _, not "My Data"',
    ],
    [
      "{name: data}",
      "{name: data, labels: {a: b}}",
      'x.yaml:3: volumes.data.labels: unknown key "labels". Accepted: name',
    ],
    [
      "{name: data}",
      "{name: data, external: true}",
      'x.yaml:3: volumes.data.external: unknown key "external". Accepted: name',
    ],
    ["{data: {name: data}}", "[data]", "x.yaml:3: volumes: must be a mapping, not a list"],
    [
      "services:",
      "servics:",
      'x.yaml:4: servics: unknown key "servics". Did you mean "services"? Accepted: name, networks, volumes, services',
    ],
  ])("%j → %j", (from, to, message) => {
    const text = composeText();
    expect(text).toContain(from);
    const told = problemsOf(() => readProject(text.replace(from, to)));
    expect(told).toEqual([message]);
  });

  test("an unknown key of a service, with every accepted one", () => {
    expect(told("imagee: one:2")).toEqual([
      at(
        "imagee",
        'unknown key "imagee". Did you mean "image"? Accepted: cap_add, cap_drop, command, ' +
          "container_name, cpus, depends_on, entrypoint, environment, healthcheck, image, init, logging, mem_limit, " +
          "memswap_limit, networks, ports, profiles, read_only, restart, security_opt, shm_size, stop_grace_period, " +
          "tmpfs, user, volumes, x-aistack",
      ),
    ]);
  });

  test.each([
    "privileged: true",
    "network_mode: host",
    "pid: host",
    "devices: [/dev/x]",
    "extends: {}",
    "build: .",
    "env_file: x",
    "x-other: 1",
    "deploy: {}",
    "ulimits: {}",
    "sysctls: {}",
    "labels: {}",
  ])("a key that Compose knows and aistack does not: %s", (line) => {
    const key = line.split(":")[0];
    expect(told(line)).toEqual([
      expect.stringContaining(at(String(key), `unknown key "${key}". `)),
    ]);
  });

  test.each<[string, string, string]>([
    ["volumes: [nodata:/a]", "volumes", 'volume "nodata" is not declared. Declared: data'],
    ["depends_on: [two]", "depends_on.two", 'service "two" is not declared. Declared: one'],
  ])("what is not declared: %s", (line, path, message) => {
    expect(told(line)).toEqual([at(path, message)]);
  });
});

describe("all problems at once", () => {
  const first = {
    file: "compose/common.yaml",
    text: "name: aistack\nnetwork:\n  n: {name: aistack-n}\n",
  };
  const second = {
    file: "compose/one.yaml",
    text: `services:
  one:
    imagee: one:1
    restart: alway
    ports:
      - 80
      - target: 70000
        mode: host
  two:
    init: 1
volume: {}
`,
  };

  test("over both files, in the order of the files", () => {
    const accepted = "Accepted: name, networks, volumes, services";
    expect(problemsOf(() => readComposeProject([first, second]))).toEqual([
      `compose/common.yaml:2: network: unknown key "network". Did you mean "networks"? ${accepted}`,
      'compose/one.yaml:8: services.one.ports[1].mode: unknown value "host". Accepted: ingress',
      "compose/one.yaml:7: services.one.ports[1].target: must be a whole number from 1 to 65535, not 70000",
      'compose/one.yaml:4: services.one.restart: unknown value "alway". Did you mean "always"? Accepted: no, always, unless-stopped, on-failure',
      expect.stringMatching(
        /^compose\/one\.yaml:3: services\.one\.imagee: unknown key "imagee"\. Did you mean "image"\? /,
      ),
      "compose/one.yaml:10: services.two.init: must be true or false, not the number 1",
      `compose/one.yaml:11: volume: unknown key "volume". Did you mean "volumes"? ${accepted}`,
    ]);
  });

  test("a file with broken YAML hides nothing of the other", () => {
    expect(problemsOf(() => readComposeProject([{ ...first, text: "a: [" }, second]))).toHaveLength(
      7,
    );
  });

  test("what is missing is told at the last file that speaks of the service", () => {
    const files = [
      { file: "a.yaml", text: "name: aistack\nservices:\n  one:\n    restart: always\n" },
      { file: "b.yaml", text: "# comment\nservices:\n  one:\n    healthcheck: {interval: 5s}\n" },
    ];
    expect(problemsOf(() => readComposeProject(files))).toEqual([
      "b.yaml:3: services.one.container_name: is missing; it must be a text",
      "b.yaml:4: services.one.healthcheck.test: is missing; it must be a list",
      "b.yaml:3: services.one.image: is missing; it must be a text",
      "b.yaml:3: services.one.networks: is missing; it must be a mapping",
      "b.yaml:3: services.one.x-aistack: is missing; it must be a mapping",
    ]);
  });

  test("what is wrong only together is told where it was said last", () => {
    const files = [
      { file: "a.yaml", text: composeText("volumes: [data:/a]") },
      {
        file: "b.yaml",
        text: "services:\n  one:\n    depends_on: [three]\n    networks: [other]\n",
      },
    ];
    expect(problemsOf(() => readComposeProject(files))).toEqual([
      'b.yaml:4: services.one.networks.other: network "other" is not declared. Declared: net',
      'b.yaml:3: services.one.depends_on.three: service "three" is not declared. Declared: one',
    ]);
  });

  test("keys with line feeds are told on one line each", () => {
    const text = `${composeText('"a\\n\\nb": 1\n"\\n": 2')}`;
    expect(problemsOf(() => readProject(text))).toEqual([
      expect.stringMatching(
        /^x\.yaml:11: services\.one\."a\\n\\nb": unknown key "a\\n\\nb"\. Accepted: cap_add, /,
      ),
      expect.stringMatching(
        /^x\.yaml:12: services\.one\."\\n": unknown key "\\n"\. Accepted: cap_add, /,
      ),
    ]);
  });

  test("no files at all", () => {
    expect(problemsOf(() => readComposeProject([]))).toEqual([
      "compose: name: is missing; it must be a text",
      "compose: services: is missing; it must be a mapping",
    ]);
  });
});
