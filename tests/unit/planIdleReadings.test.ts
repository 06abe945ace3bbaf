import { describe, expect, test } from "vitest";
import type { IdleRecord } from "../../plan/idleDecision";
import { parseIdleRecord } from "../../plan/idleRecord";
import { parseLoginSession } from "../../plan/loginSession";
import { parseNvidiaSmiLoad } from "../../plan/nvidiaSmiLoad";
import { recentGpuReading } from "../../plan/recentGpuReading";
import { parseEstablished } from "../../plan/tcpTable";
import { agentStatus, heartbeat } from "../support/agent/samples";

describe("idle.json", () => {
  const record: IdleRecord = {
    time: "2026-11-25T12:00:00.000Z",
    idle: true,
    idleSince: "2026-11-25T11:00:00.000Z",
    reasons: ["idle for 60 of 30 minutes"],
    actions: ["unloaded llama3:8b"],
    observed: {
      cpu: { busy: 1, total: 2 },
      gpu: heartbeat.gpu,
      ollama: {
        state: "answers",
        models: [{ name: "llama3:8b", expiresAt: "2026-11-25T12:05:00Z" }],
      },
      connections: [{ service: "ollama", peer: "10.0.0.1:9" }],
      sessions: [{ user: "alice", type: "tty", from: null }],
      sshConnections: 1,
    },
  };

  test("what was written is read again", () => {
    expect(parseIdleRecord(JSON.stringify(record))).toEqual(record);
    const busy = { ...record, idle: false, idleSince: null };
    expect(parseIdleRecord(JSON.stringify(busy))).toEqual(busy);
  });

  test.each<[string, unknown]>([
    ["no JSON", undefined],
    ["a list", []],
    ["no time", { ...record, time: undefined }],
    ["a time that is none", { ...record, time: "noon" }],
    ["idle as text", { ...record, idle: "yes" }],
    ["no reasons", { ...record, reasons: undefined }],
    ["nothing observed", { ...record, observed: null }],
    ["CPU times of another form", { ...record, observed: { ...record.observed, cpu: 3 } }],
    [
      "models without expiry",
      {
        ...record,
        observed: { ...record.observed, ollama: { state: "answers", models: [{ name: "x" }] } },
      },
    ],
    [
      "connections of another form",
      { ...record, observed: { ...record.observed, connections: ["x"] } },
    ],
  ])("%s is no record", (_, value) => {
    expect(parseIdleRecord(value === undefined ? "{" : JSON.stringify(value))).toBeUndefined();
  });
});

describe("the agent's reading of the GPUs", () => {
  const text = JSON.stringify(agentStatus);
  const inSeconds = (seconds: number) => new Date(Date.parse(heartbeat.time) + seconds * 1000);

  test("is used for 90 seconds", () => {
    expect(recentGpuReading(text, "nvidia", inSeconds(0))).toEqual(heartbeat.gpu);
    expect(recentGpuReading(text, "nvidia", inSeconds(90))).toEqual(heartbeat.gpu);
    expect(recentGpuReading(text, "nvidia", inSeconds(90.001))).toBeUndefined();
  });

  test("is not used when it is of the future, of another vendor, or not there", () => {
    expect(recentGpuReading(text, "nvidia", inSeconds(-1))).toBeUndefined();
    expect(recentGpuReading(text, "amd", inSeconds(1))).toBeUndefined();
    expect(recentGpuReading("", "nvidia", inSeconds(1))).toBeUndefined();
    const first = JSON.stringify({ ...agentStatus, heartbeat: null });
    expect(recentGpuReading(first, "nvidia", inSeconds(1))).toBeUndefined();
  });
});

describe("/proc/net/tcp", () => {
  const HEAD =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

  test("established connections, with the peer's address in the usual order", () => {
    const table = `${HEAD}\
   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:2CAA 0501A8C0:1267 01 00000000:00000000 02:00000000 00000000     0        0 2 2
   2: 0100007F:2CAA 0501A8C0:1268 06 00000000:00000000 03:00000000 00000000     0        0 3 3
`;
    expect(parseEstablished(table)).toEqual([{ localPort: 11434, peer: "192.168.1.5:4711" }]);
  });

  test("IPv6, and IPv4 on a socket that takes both", () => {
    const table = `${HEAD}\
   0: 000080FE00000000FF005450DEADBEEF:0016 000080FE00000000FF00545001020304:D431 01 0 0 0 0
   1: 0000000000000000FFFF00000100007F:0016 0000000000000000FFFF00000701000A:D432 01 0 0 0 0
`;
    expect(parseEstablished(table)).toEqual([
      { localPort: 22, peer: "[fe80:0:0:0:5054:ff:403:201]:54321" },
      { localPort: 22, peer: "10.0.1.7:54322" },
    ]);
  });

  test("an empty table", () => {
    expect(parseEstablished("")).toEqual([]);
    expect(parseEstablished(HEAD)).toEqual([]);
  });
});

describe("a note of logind", () => {
  const note = (fields: Readonly<Record<string, string>>) =>
    `# This is private data. Do not parse.\n${Object.entries(fields)
      .map(([key, value]) => `${key}=${value}\n`)
      .join("")}`;
  const alice = { UID: "1000", USER: "alice", ACTIVE: "1", STATE: "active", TYPE: "tty" };

  test("at the machine, and from afar", () => {
    expect(parseLoginSession(note({ ...alice, CLASS: "user" }))).toEqual({
      user: "alice",
      type: "tty",
      from: null,
    });
    const remote = { ...alice, REMOTE: "1", REMOTE_HOST: "10.0.0.7", CLASS: "user-early" };
    expect(parseLoginSession(note(remote))).toEqual({
      user: "alice",
      type: "tty",
      from: "10.0.0.7",
    });
  });

  test.each([
    { ...alice, CLASS: "greeter" },
    { ...alice, CLASS: "background" },
    { ...alice, CLASS: "manager" },
    { ...alice, CLASS: "lock-screen" },
    { ...alice, CLASS: "user", STATE: "closing" },
    { CLASS: "user" },
    {},
  ])("%j is nobody", (fields) => {
    expect(parseLoginSession(note(fields))).toBeUndefined();
  });
});

describe("nvidia-smi", () => {
  test("a line a GPU, with what it does not tell as null", () => {
    const output = "0, GPU-8f0a, 37, 2048, 24576\n1, GPU-9b1c, [N/A], [Not Supported], 81920\n";
    expect(parseNvidiaSmiLoad(output)).toEqual([
      {
        index: 0,
        uuid: "GPU-8f0a",
        utilizationPercent: 37,
        memoryUsedMib: 2048,
        memoryTotalMib: 24_576,
        processes: null,
      },
      {
        index: 1,
        uuid: "GPU-9b1c",
        utilizationPercent: null,
        memoryUsedMib: null,
        memoryTotalMib: 81_920,
        processes: null,
      },
    ]);
  });

  test.each([
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
    "Failed to initialize NVML: Driver/library version mismatch\n",
    "0, GPU-8f0a, 37\n",
  ])("%j is no answer", (output) => {
    expect(parseNvidiaSmiLoad(output)).toBeUndefined();
  });
});
