import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseChallenges } from "../../cli/images/registry/challenge";
import { RegistryClient } from "../../cli/images/registry/client";
import type { Credentials } from "../../cli/images/registry/credentials";
import { retryAfterMs } from "../../cli/images/registry/exchange";
import { RegistryFault } from "../../cli/images/registry/fault";
import { resolveDigest } from "../../cli/images/registry/resolveDigest";
import { type Reply, StubServer } from "../support/registry/stubServer";

/*
 * Answers that a real registry on this machine does not give: tokens, limits, redirects, nonsense. What a real one gives
 * tests/e2e/registry.test.ts shows.
 */

const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

const CONFIG = JSON.stringify({ os: "linux", architecture: "amd64" });
const IMAGE = JSON.stringify({
  schemaVersion: 2,
  config: { digest: digestOf(CONFIG), size: CONFIG.length },
  layers: [],
});
const INDEX = JSON.stringify({
  schemaVersion: 2,
  manifests: [
    { digest: digestOf("signature"), platform: { os: "unknown", architecture: "unknown" } },
    { digest: digestOf("arm"), platform: { os: "linux", architecture: "arm64" } },
    { digest: digestOf(IMAGE), platform: { os: "linux", architecture: "amd64" } },
  ],
});

const CONTENT: Readonly<Record<string, string>> = Object.fromEntries(
  [CONFIG, IMAGE, INDEX].map((text) => [digestOf(text), text]),
);

let server: StubServer;
beforeEach(async () => {
  server = await StubServer.start();
});
afterEach(() => server.stop());

/** A registry that has one image under every tag. */
const serve =
  (top: string): Reply =>
  ({ url, method }, response) => {
    const target = url.split("/").at(-1) ?? "";
    const text = target.startsWith("sha256:") ? CONTENT[target] : top;
    if (text === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "docker-content-digest": digestOf(text) });
    response.end(method === "HEAD" ? undefined : text);
  };

const resolve = (
  credentials?: Credentials,
  patience = { answerMs: 2000, retryAfterMs: 2000 },
  architecture = "amd64",
) => {
  const client = new RegistryClient({ credentials: async () => credentials, patience });
  return resolveDigest(client, `${server.host}/x/app:1.0`, architecture);
};

/** The fault of a resolution that must fail. */
const faultOf = async (resolved: Promise<string>): Promise<{ kind: string; message: string }> => {
  const outcome = await resolved.catch((error: unknown) => error);
  if (!(outcome instanceof RegistryFault)) throw new Error(`no fault, but ${String(outcome)}`);
  return { kind: outcome.kind, message: outcome.message.replaceAll(server.host, "HOST") };
};

describe("a digest", () => {
  test("of an index, by way of this architecture's image", async () => {
    server.reply = serve(INDEX);
    expect(await resolve()).toBe(digestOf(INDEX));
    expect(server.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "HEAD /v2/x/app/manifests/1.0",
      `GET /v2/x/app/manifests/${digestOf(INDEX)}`,
      `GET /v2/x/app/manifests/${digestOf(IMAGE)}`,
    ]);
  });

  test("of a single image, by way of its configuration", async () => {
    server.reply = serve(IMAGE);
    expect(await resolve()).toBe(digestOf(IMAGE));
    expect(server.asked.at(-1)?.url).toBe(`/v2/x/app/blobs/${digestOf(CONFIG)}`);
  });

  test("that the registry does not announce is that of what it gives", async () => {
    server.reply = ({ url, method }, response) => {
      const text = CONTENT[url.split("/").at(-1) ?? ""] ?? INDEX;
      response.writeHead(200).end(method === "HEAD" ? undefined : text);
    };
    expect(await resolve()).toBe(digestOf(INDEX));
  });

  test.each([
    ["an index without this architecture", INDEX, "s390x", "only for linux/amd64, linux/arm64"],
    ["an image for another", IMAGE, "arm64", "only for linux/amd64"],
    ["an index of signatures alone", '{"manifests":[]}', "amd64", "only for no platform"],
  ])("%s is refused", async (_what, top, architecture, told) => {
    const contents = { ...CONTENT, [digestOf(top)]: top };
    server.reply = ({ url }, response) => {
      const text = contents[url.split("/").at(-1) ?? ""] ?? top;
      response.writeHead(200).end(text);
    };
    expect(await faultOf(resolve(undefined, undefined, architecture))).toEqual({
      kind: "invalid",
      message: `HOST has x/app 1.0 not for linux/${architecture}, ${told}`,
    });
  });

  test("of another content than the registry says is refused", async () => {
    server.reply = ({ method }, response) => {
      response.writeHead(200, { "docker-content-digest": digestOf("something else") });
      response.end(method === "HEAD" ? undefined : INDEX);
    };
    expect(await faultOf(resolve())).toEqual({
      kind: "invalid",
      message: `HOST gives for x/app ${digestOf("something else")} what has the digest ${digestOf(INDEX)}: it is damaged or was tampered with`,
    });
  });

  test.each([
    ["no JSON", "<html>"],
    ["a list", "[]"],
    ["an object of another form", '{"schemaVersion":1,"fsLayers":[]}'],
    ["both kinds at once", JSON.stringify({ ...JSON.parse(IMAGE), manifests: [] })],
  ])("of %s is refused", async (_what, text) => {
    server.reply = (_asked, response) => void response.writeHead(200).end(text);
    expect(await faultOf(resolve())).toEqual({
      kind: "invalid",
      message: "HOST answers with what is no manifest of an image",
    });
  });

  test("of more than a manifest can have is not read to its end", async () => {
    server.reply = (_asked, response) => void response.writeHead(200).end("x".repeat(5_000_000));
    expect((await faultOf(resolve())).message).toBe(
      "HOST answers with more than 4194304 bytes, which no manifest has",
    );
  });
});

describe("a registry that wants a token", () => {
  const TOKEN = "canary-token";

  /** Gives tokens at /token, and its image to whoever brings one. */
  const withTokens =
    (
      accepts: (authorization: string | undefined, body: string) => boolean,
      scheme = "http",
    ): Reply =>
    (asked, response, request) => {
      if (asked.url.startsWith("/token")) {
        const ok = accepts(asked.authorization, asked.body);
        return void response.writeHead(ok ? 200 : 401).end(JSON.stringify({ token: TOKEN }));
      }
      if (asked.authorization === `Bearer ${TOKEN}`) return serve(INDEX)(asked, response, request);
      response.writeHead(401, {
        "www-authenticate": `Bearer realm="${scheme}://${server.host}/token",service="test",scope="repository:x/app:pull"`,
      });
      response.end();
    };

  test("gets one anonymously, once for all questions", async () => {
    server.reply = withTokens((authorization) => authorization === undefined);
    expect(await resolve()).toBe(digestOf(INDEX));
    const tokens = server.asked.filter(({ url }) => url.startsWith("/token"));
    expect(tokens.map(({ url }) => url)).toEqual([
      "/token?service=test&scope=repository%3Ax%2Fapp%3Apull",
    ]);
  });

  test("gets one by name and password", async () => {
    const basic = `Basic ${Buffer.from("user:pass:word").toString("base64")}`;
    server.reply = withTokens((authorization) => authorization === basic);
    const credentials = { kind: "password", username: "user", password: "pass:word" } as const;
    expect(await resolve(credentials)).toBe(digestOf(INDEX));
  });

  test("gets one by an identity token", async () => {
    server.reply = withTokens(
      (authorization, body) =>
        authorization === undefined &&
        new URLSearchParams(body).get("refresh_token") === "identity",
    );
    expect(await resolve({ kind: "token", token: "identity" })).toBe(digestOf(INDEX));
    expect(Object.fromEntries(new URLSearchParams(server.asked[1]?.body))).toEqual({
      service: "test",
      scope: "repository:x/app:pull",
      grant_type: "refresh_token",
      client_id: "aistack",
      refresh_token: "identity",
    });
  });

  test("refuses a wrong password, which is in no message", async () => {
    server.reply = withTokens(() => false);
    const credentials = { kind: "password", username: "user", password: "canary" } as const;
    expect(await faultOf(resolve(credentials))).toEqual({
      kind: "refused",
      message: "HOST refuses the credentials for x/app",
    });
  });

  test("refuses the token it gave", async () => {
    server.reply = ({ url }, response) => {
      if (url.startsWith("/token")) return void response.writeHead(200).end('{"token":"other"}');
      response.writeHead(401, {
        "www-authenticate": `Bearer realm="http://${server.host}/token"`,
      });
      response.end();
    };
    expect(await faultOf(resolve())).toEqual({
      kind: "refused",
      message: "HOST refuses whoever has not signed in for x/app",
    });
  });

  test.each(["http://example.invalid/token", "ftp://x/y", "not an address"])(
    "is not followed to %s",
    async (realm) => {
      server.reply = (_asked, response) => {
        response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
      };
      expect(await faultOf(resolve())).toEqual({
        kind: "invalid",
        message: "HOST wants its users to sign in where that is not encrypted",
      });
    },
  );

  test("gives an answer without one", async () => {
    server.reply = ({ url }, response) => {
      if (url.startsWith("/token")) return void response.writeHead(200).end("{}");
      const realm = `http://${server.host}/token`;
      response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
    };
    expect(await faultOf(resolve())).toEqual({
      kind: "unreachable",
      message: "HOST, which signs in for HOST, gives no token (HTTP 200)",
    });
  });
});

describe("a registry's limit", () => {
  test("is kept once: it is asked again when it says", async () => {
    let questions = 0;
    server.reply = (asked, response, request) => {
      questions += 1;
      if (questions === 1) return void response.writeHead(429, { "retry-after": "1" }).end();
      return serve(INDEX)(asked, response, request);
    };
    const started = Date.now();
    expect(await resolve()).toBe(digestOf(INDEX));
    expect(Date.now() - started).toBeGreaterThanOrEqual(990);
  });

  test.each([
    ["a second time", { "retry-after": "0" }, 2],
    ["with a longer wait than anybody has", { "retry-after": "3600" }, 1],
    ["without a time", {}, 1],
  ])("%s is an error", async (_what, headers, questions) => {
    server.reply = (_asked, response) => void response.writeHead(429, headers).end();
    expect(await faultOf(resolve())).toEqual({
      kind: "unreachable",
      message: "HOST answers that there were too many requests",
    });
    expect(server.asked).toHaveLength(questions);
  });

  test.each([
    [null, undefined],
    ["0", 0],
    ["120", 120_000],
    ["Sun, 22 Nov 2026 12:00:30 GMT", 30_000],
    ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
    ["soon", undefined],
  ])("Retry-After: %s", (header, milliseconds) => {
    expect(retryAfterMs(header, Date.parse("2026-11-22T12:00:00Z"))).toBe(milliseconds);
  });
});

describe("a registry that does not give what is asked", () => {
  test.each([
    [404, "absent", "HOST has no x/app 1.0"],
    [403, "refused", "HOST refuses whoever has not signed in for x/app"],
    [500, "unreachable", "HOST does not answer: it answers with HTTP 500"],
    [503, "unreachable", "HOST does not answer: it answers with HTTP 503"],
    [418, "unreachable", "HOST answers with HTTP 418"],
  ])("HTTP %i", async (status, kind, message) => {
    server.reply = (_asked, response) => void response.writeHead(status).end();
    expect(await faultOf(resolve())).toEqual({ kind, message });
  });

  test("a silent one is given up", async () => {
    server.reply = () => {};
    expect(await faultOf(resolve(undefined, { answerMs: 200, retryAfterMs: 0 }))).toEqual({
      kind: "unreachable",
      message: "HOST does not answer: nothing came within 0.2 s",
    });
  });

  test("one that is not there", async () => {
    const { host } = server;
    await server.stop();
    const client = new RegistryClient({ credentials: async () => undefined });
    const outcome = await resolveDigest(client, `${host}/x/app:1.0`, "amd64").catch(
      (error) => error,
    );
    expect(outcome).toMatchObject({ kind: "unreachable", message: expect.stringContaining(host) });
    server = await StubServer.start();
  });
});

describe("a redirect", () => {
  test("on this machine is followed, without credentials for another server", async () => {
    const other = await StubServer.start();
    try {
      other.reply = serve(INDEX);
      const basic = { kind: "password", username: "u", password: "p" } as const;
      server.reply = ({ url, authorization }, response) => {
        if (authorization === undefined)
          return void response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
        response.writeHead(307, { location: `http://${other.host}${url}` }).end();
      };
      expect(await resolve(basic)).toBe(digestOf(INDEX));
      expect(other.asked.map(({ authorization }) => authorization)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    } finally {
      await other.stop();
    }
  });

  test("of a sign-in by an identity token to another server is not, for its body is the token", async () => {
    const other = await StubServer.start();
    try {
      server.reply = ({ url }, response) => {
        const there = { location: `http://${other.host}/token` };
        const challenge = `Bearer realm="http://${server.host}/token"`;
        if (url === "/token") response.writeHead(307, there).end();
        else response.writeHead(401, { "www-authenticate": challenge }).end();
      };
      expect(await faultOf(resolve({ kind: "token", token: "canary" }))).toEqual({
        kind: "invalid",
        message: `HOST sends a sign-in on to ${other.host}, for which it is not`,
      });
      expect(other.asked).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  test("to where it is not encrypted is not", async () => {
    server.reply = (_asked, response) => {
      response.writeHead(302, { location: "http://example.invalid/x" }).end();
    };
    expect(await faultOf(resolve())).toEqual({
      kind: "invalid",
      message: "HOST sends on to http://example.invalid, which is not encrypted",
    });
  });

  test("without end is not", async () => {
    server.reply = ({ url }, response) => void response.writeHead(302, { location: url }).end();
    expect(await faultOf(resolve())).toEqual({ kind: "invalid", message: "HOST sends on and on" });
    expect(server.asked).toHaveLength(6);
  });
});

test.each([
  ['Basic realm="a b"', [{ scheme: "basic", parameters: { realm: "a b" } }]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      {
        scheme: "bearer",
        parameters: {
          realm: "https://auth.docker.io/token",
          service: "registry.docker.io",
          scope: "repository:a/b:pull,push",
        },
      },
    ],
  ],
  [
    'Basic realm=x, Bearer realm="y \\"z\\"", error=invalid_token',
    [
      { scheme: "basic", parameters: { realm: "x" } },
      { scheme: "bearer", parameters: { realm: 'y "z"', error: "invalid_token" } },
    ],
  ],
  ["Negotiate", [{ scheme: "negotiate", parameters: {} }]],
  ["", []],
  ['="', []],
])("WWW-Authenticate: %s", (header, challenges) => {
  expect(parseChallenges(header)).toEqual(challenges);
});
