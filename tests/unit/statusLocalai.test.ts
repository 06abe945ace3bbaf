// What is declared to LocalAI is part of what `status`, `stacks`, `doctor` and the terminal UI tell.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { summarise } from "../../cli/status/collect";
import { formatStatus } from "../../cli/status/format";
import { writeLocalaiRecord } from "../../host/localaiFacts";
import { ensureSecrets, secretsFile } from "../../host/secretStore";
import type { StackPlan } from "../../plan/plan";
import { judgeStatus } from "../../plan/statusReport";
import { StandInService } from "../support/gates/standInService";
import { StandInLocalai } from "../support/localai/standInLocalai";
import { madeHost } from "../support/plan/madeHost";
import { planStandard } from "../support/plan/stack";

const localai = new StandInLocalai();
let root: string;
/** the stack's */
let apiKey: string;

beforeAll(() => localai.start());
afterAll(() => localai.remove());
beforeEach(() => {
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "a passphrase");
  root = mkdtempSync(join(tmpdir(), "aistack-status-"));
  const { values } = ensureSecrets(root, "lab", ["localai-api-key"], true);
  apiKey = values["localai-api-key"] ?? "";
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const planOf = (declared: object, url = localai.url): StackPlan =>
  planStandard({
    services: ["localai"],
    ports: { localai: Number(new URL(url).port) },
    localai: declared,
  });

const remember = (name: string, origin: string) =>
  writeLocalaiRecord(join(root, ".state/localai/lab", name), origin);

/** What is told below the table of services, on a host where everything else is as it should be, and what it comes to. */
async function told(plan: StackPlan): Promise<[verdict: string, ...lines: string[]]> {
  const { values } = ensureSecrets(root, "lab", plan.secrets, false);
  const report = await summarise(root, "lab", {
    plan,
    ...madeHost(plan, values),
    models: { problems: [], fileHashes: {}, records: {}, newFiles: [] },
    host: { problems: [], warnings: [] },
    problems: [],
  });
  const lines = formatStatus(report, new Date());
  return [judgeStatus(report), ...lines.slice(lines.lastIndexOf("") + 1)];
}

const FINE = ["fine", "The host is as the configuration says."];
const MORE = "What `up` would do: aistack preview";

describe("of a LocalAI that answers", () => {
  beforeEach(async () => {
    await localai.stop();
    await localai.start({ LOCALAI_API_KEY: apiKey });
  });

  test("what is not there is pending where it was never installed, else drift", async () => {
    const plan = planOf({ backends: ["whisper"], models: [{ name: "stand-in-chat" }] });
    remember("model-stand-in-chat.json", "model of the gallery: stand-in-chat");
    expect(await told(plan)).toEqual([
      "pending",
      "drift: model stand-in-chat of LocalAI is absent",
      "pending: backend whisper of LocalAI is to be made",
      MORE,
    ]);
  });

  test("what is there is as declared, or to be installed anew", async () => {
    const authorization = `Bearer ${apiKey}`;
    await localai.ask("/backends/apply", { id: "whisper" }, { authorization });
    const plan = planOf({ backends: ["whisper"] });
    await vi.waitFor(async () => expect(await told(plan)).toEqual(FINE), 5_000);
    remember("backend-whisper.json", "backend of the gallery: whisper, for amd");
    expect(await told(plan)).toEqual([
      "pending",
      "pending: backend whisper of LocalAI is to be installed anew, for the CPU",
      MORE,
    ]);
  });
});

describe("of a LocalAI that does not, nothing is known", () => {
  const UNKNOWN = [
    "pending",
    "drift: backend whisper of LocalAI is not observable (LocalAI does not answer)",
    MORE,
  ];
  beforeEach(() => remember("backend-whisper.json", "backend of the gallery: whisper"));

  test("since nobody is there", async () => {
    const gone = new StandInService();
    await gone.listen();
    await gone.close();
    expect(await told(planOf({ backends: ["whisper"] }, gone.url))).toEqual(UNKNOWN);
  });

  test("since it has another key", async () => {
    expect(await told(planOf({ backends: ["whisper"] }))).toEqual(UNKNOWN);
  });

  test("since the stack's key is lost, and none is made", async () => {
    const file = join(root, secretsFile("lab"));
    rmSync(file);
    const [verdict = "", ...lines] = UNKNOWN;
    expect(await told(planOf({ backends: ["whisper"] }))).toEqual([
      verdict,
      "drift: container aistack-localai environment variable LOCALAI_API_KEY differs",
      ...lines,
    ]);
    expect(existsSync(file)).toBe(false);
  });
});

test("nobody is asked where nothing is declared", async () => {
  const service = new StandInService();
  await service.listen();
  expect(await told(planOf({}, service.url))).toEqual(FINE);
  expect(service.requests).toEqual([]);
  await service.close();
});

test("a host that lets nobody through is a problem, beside the rest of the report", async () => {
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "bin/ssh"), "#!/bin/sh\necho 'no route' >&2\nexit 255\n");
  chmodSync(join(root, "bin/ssh"), 0o755);
  vi.stubEnv("PATH", `${join(root, "bin")}${delimiter}${process.env.PATH}`);
  vi.stubEnv("XDG_RUNTIME_DIR", root);
  const host = { address: "good.lan", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };
  const plan = planStandard({ services: ["localai"], localai: { backends: ["whisper"] }, host });
  expect(await told(plan)).toEqual([
    "pending",
    "problem: aistack:host: the SSH connection to the host broke: no route",
  ]);
});
