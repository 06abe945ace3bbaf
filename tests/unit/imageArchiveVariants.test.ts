import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { loadImages } from "../../cli/images/archive/loadImages";
import { saveImages } from "../../cli/images/archive/saveImages";
import { eventually } from "../support/eventually";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const CUDA_13 = "localai/localai:v4.10.0-gpu-nvidia-cuda-13";

/** An engine that has the images which are listed in a file, and gets others when they are pulled. */
const FAKE_DOCKER = `#!/bin/sh
echo "$*" >>"$ASKED"
case "$1 $2" in
  "image inspect")
    grep -qxF "$3" "$PRESENT" || exit 1
    printf '[{"Id":"sha256:%s","RootFS":{"Layers":[]},"Size":10,"Architecture":"amd64"}]' "$(printf %s "$3" | sha256sum | cut -c1-64)" ;;
  "pull --quiet") [ "$REFUSE" != "$3" ] || { echo "denied: $3" >&2; exit 1; }; echo "$3" >>"$PRESENT" ;;
  save*) printf images ;;
  load*) echo loading >>"$ASKED"; while [ -e "$PRESENT" ]; do sleep 0.1; done ;;
esac
`;

/** A host that has this engine and no GPU. */
const FAKE_SSH = `#!/bin/sh
for last; do :; done
case $last in
  "sh -s") cat >/dev/null; printf 'docker\\t%s\\n' '{"Version":"29.1.0","ApiVersion":"1.52","Arch":"amd64"}' ;;
  *) eval "exec $last" ;;
esac
`;

let root = "";
const asked = () => readFileSync(join(root, "asked"), "utf8").trimEnd().split("\n");
const notes: string[] = [];
const report = (signal = new AbortController().signal) => ({
  note: (line: string) => notes.push(line),
  progress: () => undefined,
  signal,
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aistack-variants-"));
  for (const name of ["assets", "compose", "images"])
    symlinkSync(join(CHECKOUT, name), join(root, name));
  for (const folder of ["stacks", "bin"]) mkdirSync(join(root, folder));
  for (const [name, text] of [
    ["docker", FAKE_DOCKER],
    ["ssh", FAKE_SSH],
  ] as const) {
    writeFileSync(join(root, "bin", name), text);
    chmodSync(join(root, "bin", name), 0o755);
  }
  const host = `{address: gpu1.lan, hostKey: ssh-ed25519 ${"A".repeat(68)}}`;
  writeFileSync(
    join(root, "stacks/Pulumi.lab.yaml"),
    `config:\n  aistack:host: ${host}\n  aistack:profile: standard-gpu\n  aistack:gpu: nvidia\n  aistack:services: [localai]\n`,
  );
  writeFileSync(join(root, "present"), "");
  writeFileSync(join(root, "asked"), "");
  vi.stubEnv("PATH", `${join(root, "bin")}${delimiter}${process.env.PATH}`);
  vi.stubEnv("XDG_RUNTIME_DIR", root);
  vi.stubEnv("ASKED", join(root, "asked"));
  vi.stubEnv("PRESENT", join(root, "present"));
  vi.stubEnv("REFUSE", "");
  notes.length = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const file = () => join(root, "images.tar");
const save = (...variants: string[]) =>
  saveImages(root, { stack: "lab", file: file(), force: false, variants }, report());

describe("saved from a machine without the GPU", () => {
  test("the image for it is pulled, and is the one in the file", async () => {
    const { images } = await save("nvidia-cuda-13");
    expect(images.map(({ service, reference }) => [service, reference])).toEqual([
      ["localai", CUDA_13],
    ]);
    expect(notes).toEqual([`pulling ${CUDA_13}`]);
    expect(asked()).toContain(`pull --quiet ${CUDA_13}`);
    expect(existsSync(file())).toBe(true);
  });

  test("what is there is not pulled", async () => {
    appendFileSync(join(root, "present"), `${CUDA_13}\n`);
    await save("nvidia-cuda-13");
    expect(asked().filter((line) => line.startsWith("pull"))).toEqual([]);
  });

  test("what cannot be pulled is told, and no file is written", async () => {
    vi.stubEnv("REFUSE", CUDA_13);
    await expect(save("nvidia-cuda-13")).rejects.toThrow(
      `${CUDA_13}: it cannot be pulled: denied: ${CUDA_13}. Mend the cause and run it again`,
    );
    expect(readdirSync(root)).not.toContain("images.tar");
  });
});

test("a load that is interrupted leaves no names of its own on the host", async () => {
  const { images } = await save("nvidia-cuda-13");
  const stop = new AbortController();
  const loading = loadImages(root, { stack: "lab", file: file() }, report(stop.signal));
  const ended = loading.catch((error: unknown) => error);
  await eventually(() => asked().includes("loading"), "docker load");
  stop.abort();
  expect(await ended).toMatchObject({
    name: "OperationError",
    message: "interrupted; no image got its name",
  });
  const label = String(images[0]?.label);
  expect(asked().at(-1)).toBe(`image rm ${label}`);
  expect(asked().filter((line) => line.startsWith(`tag ${label}`))).toEqual([]);
});
