import { describe, expect, test } from "vitest";
import { readComposeProject } from "../../plan/composeFile";
import { mergeComposeFiles } from "../../plan/composeMerge";
import type { ComposeFile, ComposeService } from "../../plan/composeSchema";
import { composeText } from "../support/plan/composeText";

/** The service after a second file has said these lines of it. */
function merged(first: string, second: string): ComposeService {
  const project = readComposeProject([
    { file: "a.yaml", text: composeText(first) },
    {
      file: "b.yaml",
      text: `services:\n  one:\n${second
        .split("\n")
        .map((line) => `    ${line}`)
        .join("\n")}\n`,
    },
  ]);
  return project.services.one as ComposeService;
}

const PORT = { mode: "ingress", protocol: "tcp" };
const VOLUME = { type: "volume", source: "data" };

// The contract test compares the same rules with docker compose; here they stand in one place.
describe("a second file", () => {
  test.each<[rule: string, key: string, first: string, second: string, outcome: unknown]>([
    ["scalar wins", "restart", "restart: always", "restart: no", "no"],
    ["scalar wins", "init", "init: true", "init: false", false],
    ["silence changes nothing", "restart", "restart: always", "init: true", "always"],
    ["silence changes nothing", "command", "command: [a]", "init: true", ["a"]],
    ["command is replaced", "command", "command: [a, b]", "command: [c]", ["c"]],
    ["command is replaced by nothing", "command", "command: [a, b]", "command: []", []],
    ["command is taken back", "command", "command: [a, b]", "command: null", null],
    ["entrypoint is replaced", "entrypoint", "entrypoint: [a, b]", "entrypoint: [c]", ["c"]],
    ["entrypoint is taken back", "entrypoint", "entrypoint: [a]", "entrypoint:", null],
    [
      "variables are merged one by one",
      "environment",
      "environment: {A: 1, B: 2}",
      "environment: {B: 3, C: 4}",
      {
        A: "1",
        B: "3",
        C: "4",
      },
    ],
    [
      "variables are merged across spellings",
      "environment",
      "environment: [A=1, B=2]",
      "environment: {B: 3}",
      {
        A: "1",
        B: "3",
      },
    ],
    [
      "a variable is unset",
      "environment",
      "environment: {A: 1, B: 2}",
      "environment: {A: }",
      { A: null, B: "2" },
    ],
    [
      "a variable is unset in a list",
      "environment",
      "environment: {A: 1}",
      "environment: [A]",
      { A: null },
    ],
    [
      "capabilities are added once",
      "cap_drop",
      "cap_drop: [ALL, KILL]",
      "cap_drop: [CHOWN, ALL]",
      ["ALL", "KILL", "CHOWN"],
    ],
    [
      "capabilities are added once",
      "cap_add",
      "cap_add: [KILL]",
      "cap_add: [KILL, CHOWN]",
      ["KILL", "CHOWN"],
    ],
    ["profiles are added once", "profiles", "profiles: [a]", "profiles: [a, b]", ["a", "b"]],
    [
      "tmpfs are added, one for what stands before an equals sign",
      "tmpfs",
      "tmpfs: ['/tmp:size=1m', /run]",
      "tmpfs: [/run, '/tmp:size=2m', '/tmp']",
      ["/tmp:size=2m", "/run", "/tmp"],
    ],
    ["tmpfs as one text", "tmpfs", "tmpfs: /tmp", "tmpfs: /run", ["/tmp", "/run"]],
    [
      "security options are added",
      "security_opt",
      "security_opt: ['a:1']",
      "security_opt: ['a:2']",
      ["a:1", "a:2"],
    ],
    ["networks are added", "networks", "", "networks: [net]", { net: null }],
    [
      "a published port is the same by address, port and protocol",
      "ports",
      "",
      "ports: ['0.0.0.0:8080:80', '8080:80/udp', '127.0.0.1:8080:80', '8080:81', '80']",
      [
        { ...PORT, published: "8080", target: 80, host_ip: "0.0.0.0" },
        { ...PORT, published: "8080", target: 80, protocol: "udp" },
        { ...PORT, published: "8080", target: 80, host_ip: "127.0.0.1" },
        { ...PORT, published: "8080", target: 81 },
        { ...PORT, target: 80 },
      ],
    ],
    [
      "a mount is the same by its target, and is replaced as a whole in its place",
      "volumes",
      "volumes: ['data:/a:ro', 'data:/b']",
      "volumes: [{type: volume, source: data, target: /a/}, 'data:/c']",
      [
        { ...VOLUME, target: "/a" },
        { ...VOLUME, target: "/b", volume: {} },
        { ...VOLUME, target: "/c", volume: {} },
      ],
    ],
    [
      "a healthcheck is merged",
      "healthcheck",
      "healthcheck: {test: [CMD, a, b], interval: 5s, retries: 3}",
      "healthcheck: {interval: 1m, timeout: 2s}",
      {
        test: ["CMD", "a", "b"],
        interval: "1m0s",
        retries: 3,
        timeout: "2s",
      },
    ],
    [
      "a health test is replaced",
      "healthcheck",
      "healthcheck: {test: [CMD, a, b]}",
      "healthcheck: {test: [NONE]}",
      {
        test: ["NONE"],
      },
    ],
    [
      "options of the same log driver are merged",
      "logging",
      "logging: {driver: local, options: {a: 1, b: 2}}",
      "logging: {driver: local, options: {b: 3}}",
      { driver: "local", options: { a: "1", b: "3" } },
    ],
    [
      "options of a silent log driver are merged",
      "logging",
      "logging: {driver: local, options: {a: 1}}",
      "logging: {options: {b: 3}}",
      { driver: "local", options: { a: "1", b: "3" } },
    ],
    [
      "another log driver starts anew",
      "logging",
      "logging: {driver: json-file, options: {a: 1}}",
      "logging: {driver: local}",
      { driver: "local" },
    ],
    [
      "x-aistack is merged",
      "x-aistack",
      "",
      "x-aistack: {readiness: /other}",
      { readiness: "/other", endpoint: 80 },
    ],
  ])("%s (%s)", (_rule, key, first, second, outcome) => {
    expect(merged(first, second)).toHaveProperty([key], outcome);
  });

  test("the required flag of a dependency survives a file that does not speak of it", () => {
    const dependsOn = (first: object, second: object) =>
      mergeComposeFiles([
        { services: { one: { depends_on: first } } },
        { services: { one: { depends_on: second } } },
      ] as unknown as ComposeFile[]);
    expect(
      dependsOn(
        { two: { condition: "service_started", required: false } },
        { two: { condition: "service_healthy" } },
      ),
    ).toEqual({
      services: { one: { depends_on: { two: { condition: "service_healthy", required: false } } } },
    });
  });
});

test("entries that are the same within one file are one", () => {
  const text = composeText(
    "cap_add: [KILL, KILL]\nvolumes: ['data:/a', 'data:/a:ro']\nsecurity_opt: [a, b]",
  ).replace('["8080:80"]', '["8080:80", "8080:80"]');
  const service = readComposeProject([{ file: "a.yaml", text }]).services.one;
  expect(service?.cap_add).toEqual(["KILL"]);
  expect(service?.ports).toEqual([{ ...PORT, published: "8080", target: 80 }]);
  expect(service?.volumes).toEqual([{ ...VOLUME, target: "/a", read_only: true, volume: {} }]);
});

test("the last name wins, networks and volumes are merged key by key", () => {
  const second =
    "name: other\nnetworks: {net: {internal: true}, more: {name: aistack-more}}\nvolumes: {data: {}}\n";
  const project = readComposeProject([
    { file: "a.yaml", text: composeText() },
    { file: "b.yaml", text: second },
  ]);
  expect(project.name).toBe("other");
  expect(project.networks).toEqual({
    net: { name: "aistack-net", internal: true, ipam: {} },
    more: { name: "aistack-more", ipam: {} },
  });
  expect(project.volumes).toEqual({ data: { name: "data" } });
});

test("a service named as a key is a service", () => {
  const files = ["[a, a]", "[b, b]"].map(
    (list) => ({ services: { command: { security_opt: list } } }) as unknown as ComposeFile,
  );
  expect(mergeComposeFiles(files)).toEqual({ services: { command: { security_opt: "[b, b]" } } });
});

test("merging changes none of its inputs", () => {
  const first = { services: { one: { cap_add: ["A"], environment: { X: "1" } } } };
  const second = { services: { one: { cap_add: ["B"], environment: { X: "2" } } } };
  const before = JSON.stringify([first, second]);
  mergeComposeFiles([first, second] as unknown as ComposeFile[]);
  expect(JSON.stringify([first, second])).toBe(before);
});
