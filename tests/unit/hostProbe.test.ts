import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostFacts, parseHostFacts } from "../../plan/hostFacts";

/*
 * What the probe of a host asks containers for their GPUs; the engine itself is not there. The rest of the probe the
 * end-to-end tests run.
 */

const ROOT = resolve(import.meta.dirname, "../..");

const FAKE_DOCKER = `#!/bin/sh
[ "$1 $2 $3" = "--host unix:///nonexistent/docker.sock exec" ] || exit 64
shift 3
case $* in
  "t-one nvidia-smi --list-gpus") printf 'GPU 0: A (UUID: GPU-a)\\n  MIG 1g.5gb\\tDevice 0: (UUID: MIG-b)\\n' ;;
  "t-two nvidia-smi --list-gpus") echo 'Failed to initialize NVML: Unknown Error'; exit 255 ;;
  *) echo "Error: No such container: $1" >&2; exit 1 ;;
esac
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aistack-probe-"));
  writeFileSync(join(folder, "docker"), FAKE_DOCKER);
  chmodSync(join(folder, "docker"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function probe(containers: readonly string[]): Promise<HostFacts> {
  const { stdout } = await execa("sh", [join(ROOT, "assets/shell/probe.sh")], {
    env: {
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      DOCKER_SOCKET: "/nonexistent/docker.sock",
      IMAGES: "",
      CONTAINERS: "",
      NETWORKS: "",
      VOLUMES: "",
      OLLAMA_URL: "",
      GPU_CONTAINERS: containers.join("\n"),
    },
  });
  return parseHostFacts(stdout);
}

test("every container with GPUs is asked what it sees of them, each answer on one line", async () => {
  expect((await probe(["t-one", "t-two", "t-three"])).gpuInside).toEqual({
    "t-one": { exitCode: 0, text: "GPU 0: A (UUID: GPU-a)   MIG 1g.5gb Device 0: (UUID: MIG-b)" },
    "t-two": { exitCode: 255, text: "Failed to initialize NVML: Unknown Error" },
    "t-three": { exitCode: 1, text: "Error: No such container: t-three" },
  });
});

test("without such containers nobody is asked", async () => {
  const facts = await probe([]);
  expect([facts.docker, facts.gpuInside]).toEqual([{ state: "absent" }, {}]);
});
