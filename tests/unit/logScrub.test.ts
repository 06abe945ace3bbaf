import { describe, expect, test } from "vitest";
import { createLogger } from "../../cli/log";
import { Scrubber } from "../../cli/log/scrub";
import { isSecretKey } from "../../plan/secretNames";

const CANARY = 'canary-"4f6b\\1c9e';
const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl";
const API_KEY = `sk-${"0123456789abcdef".repeat(4)}`;

/** What a logger writes of one record. */
function logged(write: (logger: ReturnType<typeof createLogger>) => void, ...values: string[]) {
  const scrubber = new Scrubber();
  for (const value of values) scrubber.register(value);
  const lines: string[] = [];
  write(createLogger("trace", { write: (line) => lines.push(line) }, scrubber));
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

describe("a registered value is in no field", () => {
  const nested = { a: [{ b: { c: `x ${CANARY} y` } }] };
  const cause = new Error(`the cause says ${CANARY}`);
  class CanaryError extends Error {
    readonly problems = [{ what: CANARY, fix: CANARY }];
  }
  test.each<[string, (logger: ReturnType<typeof createLogger>) => void]>([
    ["a field", (logger) => logger.info({ event: "x", note: CANARY })],
    ["the message", (logger) => logger.info({ event: "x" }, `it is ${CANARY}`)],
    ["the event", (logger) => logger.info({ event: CANARY })],
    ["nested objects and lists", (logger) => logger.info({ event: "x", nested })],
    ["a key", (logger) => logger.info({ event: "x", map: { [CANARY]: 1 } })],
    ["an error's message and stack", (logger) => logger.error({ err: new Error(CANARY) })],
    ["an error's cause", (logger) => logger.error({ err: new Error("outer", { cause }) })],
    ["an error under another name", (logger) => logger.error({ error: new Error(CANARY) })],
    ["an error's own fields", (logger) => logger.error({ err: new CanaryError("outer") })],
    ["a child logger's bindings", (logger) => logger.child({ who: CANARY }).info({ event: "x" })],
    ["arguments of a format", (logger) => logger.info("%s and %j", CANARY, { a: CANARY })],
  ])("%s", (_what, write) => {
    const line = logged(write, CANARY);
    expect(line).toContain("[redacted]");
    expect(line).not.toContain("4f6b");
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
  });
});

describe("what is secret by its form", () => {
  test.each([
    ["a JWT", `token ${JWT} end`, "token [redacted] end"],
    ["a key of an OpenAI-like service", `key=${API_KEY}`, "key=[redacted]"],
    ["a bearer", "got Bearer abcdefgh12345678, then", "got Bearer [redacted], then"],
    [
      "an Authorization header",
      "GET / HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXNz\r\nHost: x",
      "GET / HTTP/1.1\r\nAuthorization: [redacted]\r\nHost: x",
    ],
    [
      "an Authorization header in JSON",
      '{"authorization":"secret words","a":1}',
      '{"authorization":"[redacted]","a":1}',
    ],
    ["a password in a URL", "see https://ada:pass@host/x", "see https://[redacted]@host/x"],
    [
      "a private key",
      "-----BEGIN OPENSSH PRIVATE KEY-----\nAAA\n-----END OPENSSH PRIVATE KEY-----\nafter",
      "[redacted]\nafter",
    ],
    ["a token of a model hub", `hf_${"a".repeat(34)}`, "[redacted]"],
  ])("%s", (_what, before, after) => {
    expect(new Scrubber().text(before)).toBe(after);
  });

  test.each([
    "the basic idea",
    "tokens: 16",
    "http://127.0.0.1:11434/api/tags",
    "ssh://root@host:22",
    "sha256:e8f72214123fa546980b94f2345ee6c0554b25d54d40a2f9d1c59c62d3c4e07a",
    "task-list, disk-full",
  ])("%j is left as it is", (text) => expect(new Scrubber().text(text)).toBe(text));
});

describe("what is secret by its key", () => {
  test.each([
    "password",
    "adminPassword",
    "ADMIN_PASSWORD",
    "webui-secret-key",
    "WEBUI_SECRET_KEY",
    "apiKey",
    "api_key",
    "LOCALAI_API_KEY",
    "token",
    "accessToken",
    "Authorization",
    "passphrase",
    "encryptionsalt",
    "privateKey",
    "Set-Cookie",
    "OPENAI_API_KEYS",
    "apiKeys",
    "api-tokens",
    "SMTP_PASS",
    "smtpPass",
    "AWS_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "TOKEN_ENCRYPTION_KEY",
    "signingKeys",
    "passwords",
  ])("%s", (key) => expect(isSecretKey(key)).toBe(true));

  test.each([
    "tokens",
    "max_tokens",
    "key",
    "keys",
    "hostKey",
    "monkey",
    "compass",
    "bypass",
    "pass",
    "passwordFile",
    "secretsGenerated",
    "event",
  ])("not %s", (key) => expect(isSecretKey(key)).toBe(false));

  test("the value is gone, whatever its type; that there is none may be told", () => {
    const record = { password: 1234, token: ["a"], secret: { a: 1 }, apiKey: "", passphrase: null };
    expect(new Scrubber().value({ deep: [record], password: true })).toEqual({
      deep: [
        {
          password: "[redacted]",
          token: "[redacted]",
          secret: "[redacted]",
          apiKey: "",
          passphrase: null,
        },
      ],
      password: true,
    });
  });
});

test("values of secret variables of the environment are registered, others are not", () => {
  const scrubber = new Scrubber();
  scrubber.registerEnvironment({ MY_TOKEN: "canary-1", HOME: "/home/ada", DB_PASSWORD: "short" });
  expect(scrubber.text("canary-1 /home/ada short")).toBe("[redacted] /home/ada short");
});

test("a secret that holds another one is gone as a whole", () => {
  const scrubber = new Scrubber();
  scrubber.register("canary");
  scrubber.register("canary-and-more");
  expect(scrubber.text("canary-and-more")).toBe("[redacted]");
});

test("a line that is no JSON is scrubbed as text", () => {
  const scrubber = new Scrubber();
  scrubber.register("canary-1");
  expect(scrubber.line("broken {canary-1\n")).toBe("broken {[redacted]\n");
});
