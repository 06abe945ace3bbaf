import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { judgeGpuHost } from "../../cli/gates/gpuHost";
import { checkGpuInside } from "../../cli/gates/gpuInside";
import { confirmGpuUse } from "../../cli/gates/gpuUse";
import { gpuProbeScript } from "../../host/gpuProbe";
import type { GpuRequirement } from "../../plan/gpuRequirement";
import { renderHostScript } from "../../plan/hostScript";
import { StandInService } from "../support/gates/standInService";
import { GpuHost } from "../support/gpu/gpuHost";
import { GPU_A, GPU_B } from "../support/plan/hostGpus";

const ROOT = resolve(import.meta.dirname, "../..");

/** A docker whose containers say what the variables tell them to, and write down what they were asked. */
const FAKE_DOCKER = `#!/bin/sh
[ "$1" = --host ] && shift 2
printf '%s\\n' "$*" >>"$ASKED"
case $1 in
  exec) ;;
  inspect) echo running; exit 0 ;;
  restart) [ -z "$UNTIL_RESTART" ] || touch "$UNTIL_RESTART"; exit 0 ;;
  *) exit 64 ;;
esac
shift 2
case $1 in
  nvidia-smi) [ ! -e "$UNTIL_RESTART" ] || { printf '%b' "$SAYS_AFTER"; exit 0; }
    printf '%b' "$SAYS"; exit "$EXIT_CODE" ;;
  *) exec "$@" ;;
esac
`;

/** ssh that hands the command to a shell, as a server does. */
const FAKE_SSH = `#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift 2
exec sh -c "$*"
`;

/** Ollama as its host reaches it, which over SSH is not as it is reached from here. */
const HOST_URL = "http://127.0.0.1:11434";

const WANTED: GpuRequirement = {
  gpu: "nvidia",
  gpuMode: "cdi",
  gpuDevices: [],
  gpuRequired: true,
  minVramMiB: 0,
};

let folder: string;
let logged: string[];
const log = (line: string) => logged.push(line);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-gpu-gates-"));
  for (const [name, text] of [
    ["docker", FAKE_DOCKER],
    ["ssh", FAKE_SSH],
  ] as const) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  logged = [];
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  vi.stubEnv("ASKED", join(folder, "asked"));
  vi.stubEnv("SAYS", "");
  vi.stubEnv("EXIT_CODE", "0");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** What a gate that refuses says. */
async function refusal(gate: Promise<unknown>): Promise<string> {
  return gate.then(
    () => "passed",
    (error: Error) => error.message,
  );
}

describe("the host", () => {
  let host: GpuHost;
  beforeEach(() => {
    host = new GpuHost();
  });
  afterEach(() => host.remove());

  /** What the gate's component runs, on a host that is made of files. */
  async function probed(): Promise<string> {
    const script = renderHostScript({
      create: `set +eu\n${gpuProbeScript(ROOT)}`,
      environment: { DOCKER_SOCKET: host.variables().DOCKER_SOCKET ?? "" },
    });
    const { stdout } = await execa("/bin/sh", ["-s", "create"], {
      input: script,
      extendEnv: false,
      env: host.variables(),
    });
    return stdout;
  }

  const smi = (...gpus: readonly (readonly [uuid: string, mebibytes: number])[]) => {
    const rows = gpus.map(
      ([uuid, mebibytes], index) =>
        `${index}, ${uuid}, NVIDIA A, ${mebibytes}, 580.95.05, [N/A], 8.9`,
    );
    host.card("0000:01:00.0", "nvidia");
    host.command(
      "nvidia-smi",
      `case "$*" in\n*--query-gpu*) printf '%s\\n' ${rows.map((row) => `'${row}'`).join(" ")} ;;\n*-x*) echo '<nvidia_smi_log><cuda_version>13.0</cuda_version></nvidia_smi_log>' ;;\n*) exit 1 ;;\nesac`,
    );
  };

  test("passes with the GPUs that are wanted, and tells the report", async () => {
    smi([GPU_A, 24564], [GPU_B, 24564]);
    host.withToolkit("1.20.0", ["nvidia.com/gpu=all"]);
    await host.withEngine();
    const report = JSON.parse(judgeGpuHost({ requirement: WANTED, probed: await probed(), log }));
    expect(report.gpus.map(({ uuid }: { uuid: string }) => uuid)).toEqual([GPU_A, GPU_B]);
    expect(report).toMatchObject({
      driver_version: "580.95.05",
      cuda_version: "13.0",
      toolkit: { installed: true, version: "1.20.0", cdi: true },
    });
    // NVML itself could not be read, which is worth a line, and no more.
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(/^warning: NVIDIA driver: .*; this was read from nvidia-smi instead/);
  });

  test("fails closed without a GPU", async () => {
    const output = await probed();
    expect(() => judgeGpuHost({ requirement: WANTED, probed: output, log })).toThrow(
      "GPU: there is no GPU of NVIDIA's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none",
    );
    expect(logged).toEqual([]);
  });

  test("warns without a GPU where none is required, and tells the report of nothing", async () => {
    const requirement = { ...WANTED, gpuRequired: false };
    const report = judgeGpuHost({ requirement, probed: await probed(), log });
    expect(JSON.parse(report).gpus).toEqual([]);
    expect(logged).toEqual([
      "warning: GPU: there is no GPU of NVIDIA's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none",
      "warning: no GPU can be used: the services compute on the CPU",
    ]);
  });

  test("tells every fault at once", async () => {
    smi([GPU_A, 8000]);
    host.withToolkit("1.20.0", ["nvidia.com/gpu=all"]);
    await host.withEngine();
    const requirement = { ...WANTED, gpuDevices: [GPU_A, GPU_B], minVramMiB: 16000 };
    const output = await probed();
    expect(() => judgeGpuHost({ requirement, probed: output, log })).toThrow(
      [
        `aistack:gpuDevices[1]: this host has no GPU "${GPU_B}". It has: ${GPU_A}`,
        `aistack:minVramMiB: ${GPU_A} has 8000 MiB of memory, not the 16000 MiB that are wanted. ` +
          "Lower aistack:minVramMiB, or name other GPUs under aistack:gpuDevices",
      ].join("\n"),
    );
  });

  test("is judged by the program that the component runs", async () => {
    const outfile = join(folder, "gate.cjs");
    await build({
      absWorkingDir: ROOT,
      entryPoints: ["cli/gates/main.ts"],
      bundle: true,
      platform: "node",
      format: "cjs",
      outfile,
      logLevel: "error",
    });
    const run = async (gpuRequired: boolean) =>
      execa(process.execPath, [outfile], {
        input: await probed(),
        env: {
          GATE: "gpu-host",
          GPU_REQUIREMENT: JSON.stringify({ ...WANTED, gpuRequired }),
        },
        reject: false,
      });
    const refused = await run(true);
    expect([refused.exitCode, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toBe(
      "GPU: there is no GPU of NVIDIA's on this host. See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none",
    );
    const passed = await run(false);
    expect(passed.exitCode).toBe(0);
    expect(JSON.parse(passed.stdout).gpus).toEqual([]);
  });
});

describe("a container of NVIDIA's", () => {
  let service: StandInService;
  beforeEach(async () => {
    service = new StandInService();
    service.answers = { "GET /ready": () => ({ status: 200 }) };
    await service.listen();
    vi.stubEnv("ASKED", join(folder, `asked-${service.url.split(":").at(-1)}`));
  });
  afterEach(() => service.close());
  const asked = () =>
    readFileSync(process.env.ASKED ?? "", "utf8")
      .trimEnd()
      .split("\n");

  const LOST = "Failed to initialize NVML: Unknown Error";
  const INPUT = {
    gpu: "nvidia",
    container: "t-one",
    secondsAllowed: 30,
    dockerHost: "unix:///run/t.sock",
    ssh: undefined,
    names: [GPU_A],
    required: true,
    log,
  } as const;
  const ready = () => {
    const url = `${service.url}/ready`;
    return { ...INPUT, url, hostUrl: url };
  };
  const LISTED = `GPU 0: NVIDIA A (UUID: ${GPU_A})\\n`;

  test("reaches what it was given", async () => {
    vi.stubEnv("SAYS", LISTED);
    expect(await checkGpuInside(ready())).toBe(`reaches ${GPU_A}`);
    expect(asked()).toEqual(["exec t-one nvidia-smi --list-gpus"]);
  });

  test("is asked through SSH, where its host is another", async () => {
    vi.stubEnv("SAYS", LISTED);
    const ssh = ["-o", "X=y", "--", "me@host"];
    expect(await checkGpuInside({ ...ready(), ssh })).toBe(`reaches ${GPU_A}`);
  });

  describe("that a daemon-reload took them away from", () => {
    beforeEach(() => {
      vi.stubEnv("SAYS", `${LOST}\\n`);
      vi.stubEnv("EXIT_CODE", "255");
    });
    const RESTARTED = ["exec t-one nvidia-smi --list-gpus", "restart t-one"];

    test("has them again after a restart, once its service serves", async () => {
      vi.stubEnv("UNTIL_RESTART", `${process.env.ASKED}-restarted`);
      vi.stubEnv("SAYS_AFTER", LISTED);
      let refused = 0;
      service.answers = { "GET /ready": () => ({ status: refused++ < 2 ? 503 : 200 }) };
      expect(await checkGpuInside(ready())).toBe(`reaches ${GPU_A}`);
      expect(refused).toBe(3);
      expect(asked().filter((line) => !line.startsWith("inspect"))).toEqual([
        ...RESTARTED,
        "exec t-one nvidia-smi --list-gpus",
      ]);
      expect(logged).toEqual([`t-one: it has lost its GPUs (${LOST}), so it is restarted`]);
    });

    test("is restarted once, and refused where that does not help", async () => {
      expect(await refusal(checkGpuInside(ready()))).toBe(
        `t-one: it cannot reach its GPUs: ${LOST}. A systemctl daemon-reload takes them away from a running ` +
          "container, and a restart gives them back; here it did not. See what the host says with: nvidia-smi. " +
          "aistack:gpuMode: cdi keeps them",
      );
      expect(asked()).toEqual([...RESTARTED, "exec t-one nvidia-smi --list-gpus"]);
    });
  });

  test("that lost them is a warning where none is required", async () => {
    vi.stubEnv("SAYS", "No devices were found\\n");
    vi.stubEnv("EXIT_CODE", "6");
    expect(await checkGpuInside({ ...ready(), required: false })).toBe(`does not reach ${GPU_A}`);
    expect(logged).toEqual([
      "warning: t-one: it cannot reach its GPUs: No devices were found. See what the host says with: nvidia-smi",
    ]);
    expect(asked()).toEqual(["exec t-one nvidia-smi --list-gpus"]);
  });
});

describe("a container with device nodes", () => {
  const node = (name: string) => join(folder, name);
  const check = (ssh: readonly string[] | undefined, ...names: string[]) =>
    checkGpuInside({
      gpu: "amd",
      container: "t-one",
      dockerHost: "unix:///run/t.sock",
      url: "",
      hostUrl: "",
      secondsAllowed: 0,
      ssh,
      names,
      required: true,
      log,
    });

  beforeAll(() => writeFileSync(node("kfd"), ""));

  test("may use them", async () => {
    expect(await check(undefined, node("kfd"))).toBe(`reaches ${node("kfd")}`);
  });

  test("may use them on another host, too", async () => {
    expect(await check(["--", "me@host"], node("kfd"))).toBe(`reaches ${node("kfd")}`);
  });

  test("is refused where it may not use one", async () => {
    expect(await refusal(check(undefined, node("kfd"), "/absent/renderD128"))).toBe(
      "t-one: it may not use /absent/renderD128. See the rights of the nodes with: ls -ln /dev/dri /dev/kfd, " +
        "and the driver's log with: dmesg | grep amdgpu",
    );
  });

  test("is refused where it cannot be asked", async () => {
    vi.stubEnv("PATH", "/nonexistent");
    expect(await refusal(check(undefined, "/dev/kfd"))).toMatch(
      /^t-one: it cannot be asked for its GPU: .*\. See the rights of the nodes/,
    );
  });
});

describe("a model", () => {
  const GIB = 1024 ** 3;
  const MODEL = "llama3.2:1b";
  let service: StandInService;

  beforeEach(async () => {
    service = new StandInService();
    await service.listen();
  });
  afterEach(() => service.close());

  const confirm = (required = true) =>
    confirmGpuUse({
      url: service.url,
      hostUrl: HOST_URL,
      container: "t-ollama",
      dockerHost: "unix:///run/t.sock",
      ssh: undefined,
      model: MODEL,
      required,
      log,
    });
  const loaded = (vram: number) => () => ({
    body: { models: [{ name: MODEL, size: 2 * GIB, size_vram: vram }] },
  });

  test("that is loaded is not loaded again", async () => {
    service.answers = { "GET /api/ps": loaded(2 * GIB) };
    expect(await confirm()).toBe(`${MODEL} computes on the GPU (2.0 GiB)`);
    expect(service.requests).toEqual(["GET /api/ps"]);
  });

  test.each([
    ["by a request without a prompt", { "POST /api/generate": () => ({ body: {} }) }, []],
    [
      "by an embedding, where it can do nothing else",
      {
        "POST /api/generate": () => ({ status: 400, body: { error: "does not support generate" } }),
        "POST /api/embed": () => ({ body: {} }),
      },
      ["POST /api/embed"],
    ],
  ])("that is not loaded is loaded %s", async (_how, loads, further) => {
    let asked = 0;
    service.answers = {
      ...loads,
      "GET /api/ps": () => (++asked === 1 ? { body: { models: [] } } : loaded(GIB)()),
    };
    expect(await confirm()).toBe(
      `${MODEL} computes on the GPU for 50 % of 2.0 GiB and on the CPU for the rest, since it does not fit`,
    );
    expect(service.requests).toEqual([
      "GET /api/ps",
      "POST /api/generate",
      ...further,
      "GET /api/ps",
    ]);
  });

  test("is not asked by fetch, which gives up after five minutes whatever it is allowed", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new Error("fetch was called")));
    service.answers = { "GET /api/ps": loaded(GIB) };
    expect(await confirm()).toMatch(new RegExp(`^${MODEL} computes on the GPU`));
  });

  test("on the CPU is refused", async () => {
    service.answers = { "GET /api/ps": loaded(0) };
    expect(await refusal(confirm())).toBe(
      `t-ollama: ${MODEL} computes on the CPU alone. See what it found at its start with: ` +
        "docker logs t-ollama 2>&1 | grep -i -e gpu -e cuda -e rocm",
    );
  });

  test("on the CPU is a warning where no GPU is required", async () => {
    service.answers = { "GET /api/ps": loaded(0) };
    expect(await confirm(false)).toBe(`${MODEL} computes on the CPU alone`);
    expect(logged).toEqual([`warning: ${MODEL} computes on the CPU alone`]);
  });

  test("that is not listed once it was loaded is told as such", async () => {
    service.answers = {
      "GET /api/ps": () => ({ body: { models: [] } }),
      "POST /api/generate": () => ({ body: {} }),
    };
    expect(await refusal(confirm())).toBe(
      `${HOST_URL}: Ollama loaded ${MODEL}, but does not list it as loaded. See its log with: docker logs t-ollama`,
    );
  });

  test("that cannot be loaded is told with the service's own words", async () => {
    service.answers = {
      "GET /api/ps": () => ({ body: { models: [] } }),
      "POST /api/generate": () => ({ status: 500, body: { error: "out of memory" } }),
    };
    expect(await refusal(confirm())).toBe(
      `${HOST_URL}/api/generate: HTTP 500: {"error":"out of memory"}`,
    );
  });

  test("of a service that is gone is told as such", async () => {
    await service.close();
    expect(await refusal(confirm())).toMatch(
      /^http:\/\/127\.0\.0\.1:11434: \/api\/ps does not answer: connect ECONNREFUSED/,
    );
    await service.listen();
  });
});
