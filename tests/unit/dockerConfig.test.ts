import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readCredentials } from "../../cli/images/registry/credentials";
import { readDockerConfig, signedInRegistries } from "../../host/dockerConfig";
import { problemsOf } from "../support/plan/problems";

let folder: string;
let path: string | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-docker-config-"));
  path = process.env.PATH;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({ DOCKER_CONFIG: folder });
const configure = (config: unknown) =>
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
const credentials = (host: string) => readCredentials(readDockerConfig(environment()), host);
const basic = (text: string) => Buffer.from(text).toString("base64");

/** A credential helper on the PATH that answers this, whatever it is asked. */
const installHelper = (name: string, script: string) => {
  const file = join(folder, `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  process.env.PATH = `${folder}${delimiter}${path}`;
};

describe("credentials", () => {
  test("of nobody who has signed in", async () => {
    expect(readDockerConfig(environment())).toBeUndefined();
    expect(await credentials("registry.lan")).toBeUndefined();
  });

  test.each([
    ["registry.lan", "registry.lan"],
    ["registry.lan:5000", "https://registry.lan:5000"],
    ["registry-1.docker.io", "https://index.docker.io/v1/"],
    ["registry-1.docker.io", "docker.io"],
  ])("of %s stand under %s", async (host, key) => {
    configure({ auths: { [key]: { auth: basic("user:pass:word") } } });
    expect(await credentials(host)).toEqual({
      kind: "password",
      username: "user",
      password: "pass:word",
    });
    expect(await credentials("other.lan")).toBeUndefined();
  });

  test("may be an identity token", async () => {
    configure({ auths: { a: { auth: basic("u:"), identitytoken: "t0" } } });
    expect(await credentials("a")).toEqual({ kind: "token", token: "t0" });
  });

  test.each([{}, { auth: 5 }, { auth: basic("no colon") }])(
    "that are no such: %j",
    async (entry) => {
      configure({ auths: { a: entry } });
      expect(await credentials("a")).toBeUndefined();
    },
  );

  test("are asked of the registry's own helper, which is told the registry by standard input", async () => {
    installHelper(
      "mine",
      'read -r key; printf \'{"Username":"u","Secret":"%s of %s"}\' "$1" "$key"',
    );
    configure({ credHelpers: { "registry.lan": "mine" } });
    expect(await credentials("registry.lan")).toEqual({
      kind: "password",
      username: "u",
      password: "get of registry.lan",
    });
  });

  test("are asked of the helper that keeps all of them", async () => {
    installHelper("all", 'printf \'{"Username":"<token>","Secret":"t1"}\'');
    configure({ auths: { a: {} }, credsStore: "all" });
    expect(await credentials("a")).toEqual({ kind: "token", token: "t1" });
    expect(await credentials("b")).toBeUndefined();
  });

  test("that a helper does not have are none", async () => {
    installHelper("all", "echo credentials not found in native keychain; exit 1");
    configure({ auths: { a: {} }, credsStore: "all" });
    expect(await credentials("a")).toBeUndefined();
  });

  test.each([
    ["echo canary; exit 1", "fails"],
    ["echo canary", "answers with what is no JSON"],
    ['echo "{}"', "answers without credentials"],
  ])("of a helper that does `%s` are an error, without what it said", async (script, how) => {
    installHelper("all", script);
    configure({ auths: { a: {} }, credsStore: "all" });
    const outcome = await credentials("a").catch((error: unknown) => error);
    expect(outcome).toMatchObject({
      kind: "refused",
      message: `the credential helper docker-credential-all ${how}`,
    });
  });

  test("of a helper that is not there are an error", async () => {
    configure({ auths: { a: {} }, credsStore: "nowhere" });
    await expect(credentials("a")).rejects.toThrow("docker-credential-nowhere cannot be run");
  });
});

test.each([
  ["{", "it is not valid JSON"],
  ["[]", "it holds no object"],
])("a configuration that reads %s is told, without its content", (text, reason) => {
  writeFileSync(join(folder, "config.json"), text);
  expect(problemsOf(() => readDockerConfig(environment()))).toEqual([
    `${folder}/config.json: the docker command's configuration cannot be read: ${reason}. Mend it, or sign in anew with: docker login`,
  ]);
});

test("the registries of images that somebody has signed in to, each once", () => {
  configure({
    auths: { "https://index.docker.io/v1/": {}, "b.lan": {}, "unused.lan": {} },
    credHelpers: { "a.lan:5000": "x" },
  });
  const images = ["b.lan/x/y:1", "ollama/ollama:1", "debian:1", "a.lan:5000/x:1", "ghcr.io/x/y:1"];
  const configFile = join(folder, "config.json");
  expect(signedInRegistries(images, environment())).toEqual([
    { address: "a.lan:5000", configFile },
    { address: "b.lan", configFile },
    { address: "registry-1.docker.io", configFile },
  ]);
  expect(signedInRegistries(images, { DOCKER_CONFIG: join(folder, "none") })).toEqual([]);
});
