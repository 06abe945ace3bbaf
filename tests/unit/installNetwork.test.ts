// What install.sh finds out about the network, on hosts made of files: see tests/support/host/bareHost.ts.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BareHost, complaints } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost().withPackages();
});
afterEach(() => host.remove());

/** curl as it is where only addresses of that pattern answer, each with these lines of a head. */
const answering = (pattern: string, head = "HTTP/1.1 200 OK") =>
  host.command(
    "curl",
    `case "$*" in ${pattern}) ;; *) exit 6 ;; esac
    while [ "$1" != --output ]; do shift; done
    printf '${head}\\r\\n' >"$2"`,
    false,
  );

describe("which sites answer", () => {
  const told = (output: string) => [
    /^ {2}ok {4}network +(.*)$/m.exec(output)?.[1],
    /^Network: (.*)$/m.exec(output)?.[1],
  ];
  const all = "Pulumi's downloads, container registry, Docker's downloads, Node's downloads";

  test.each<[string, string, string[], string[]]>([
    [
      "nothing",
      "none",
      [],
      [
        `answers: none; does not: ${all}`,
        "reaches package registries only: engine and images are built from source, about 25 minutes the first time on two cores.",
      ],
    ],
    ["everything", "*", [], [`answers: ${all}`, "nothing has to be built."]],
    [
      "everything, and builds are asked for",
      "*",
      ["--images", "build"],
      [
        `answers: ${all}`,
        "the engine is downloaded, images are built from source, about 12 minutes the first time on two cores.",
      ],
    ],
    [
      "the registry alone",
      "*registry-1*",
      [],
      [
        "answers: container registry; does not: Pulumi's downloads, Docker's downloads, Node's downloads",
        "the engine is built from source, about 13 minutes the first time on two cores.",
      ],
    ],
  ])("%s answers", async (_name, pattern, args, expected) => {
    answering(pattern);
    const { code, output } = await host.install(["--yes", ...args]);
    expect(told(output)).toEqual(expected);
    expect(code).toBe(0);
  });

  test("a network that swallows packets costs five seconds, not twenty", async () => {
    host.command("curl", "sleep 60", false);
    const { output, milliseconds } = await host.install(["--yes"]);
    expect(output).toContain("Network: reaches package registries only");
    expect(milliseconds).toBeGreaterThan(4_500);
    expect(milliseconds).toBeLessThan(9_000);
  }, 30_000);

  test.each([
    ["etc/apt/sources.list.d/debian.sources", "Types: deb\nURIs: http://mirror.test/debian\n"],
    ["etc/apt/sources.list.d/ubuntu.sources", "Types: deb\nURIs: http://mirror.test/debian/ b\n"],
    ["etc/apt/sources.list", "# deb http://no\ndeb [arch=amd64] http://mirror.test/debian x\n"],
  ])("apt's own mirror is asked for this release: %s", async (file, text) => {
    host.write(file, text);
    answering("*http://mirror.test/debian/dists/bookworm/InRelease");
    const { output } = await host.install(["--yes"]);
    expect(told(output)[0]).toBe(`answers: package mirror; does not: ${all}`);
  });

  test("a mirror that does not answer is a warning where packages are to be installed", async () => {
    host.write("etc/apt/sources.list", "deb http://mirror.test/debian bookworm main\n");
    host.command("useradd", "exit 0");
    answering("none");
    expect(complaints((await host.install(["--check"])).output)).toEqual([]);
    host.without("ss");
    expect(complaints((await host.install(["--check"])).output)).toEqual([
      `warn network answers: none; does not: package mirror, ${all} -> Should packages fail to install: check name resolution, and the proxy in /etc/apt/apt.conf.d`,
    ]);
  });
});

describe("the clock", () => {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();
  const clock = async () => {
    const { output, code } = await host.install(["--check"]);
    expect(code).toBe(0);
    return [...complaints(output), ...(/^ {2}ok {4}clock.*$/m.exec(output) ?? [])];
  };
  const remedy = "Set it: timedatectl set-ntp true, or date --set";

  test.each([-3, 40])("that is %i s from a site's is as that says", async (skew) => {
    answering("*nodejs.org*", `HTTP/1.1 200 OK\\r\\nDate: ${at(-skew)}`);
    expect(await clock()).toEqual([
      expect.stringMatching(/^ {2}ok {4}clock {9}\d{4}-\d\d-\d\d, as nodejs\.org says$/),
    ]);
  });

  test.each([
    [3600, "ahead of"],
    [-86400, "behind"],
  ])("that is %i s off is a warning", async (skew, direction) => {
    answering("*nodejs.org*", `HTTP/1.1 200 OK\\r\\ndate: ${at(-skew)}`);
    const [warning] = await clock();
    const [, seconds, rest] = /^warn clock (\d+) s (.*)$/.exec(warning ?? "") ?? [];
    expect(Math.abs(Number(seconds) - Math.abs(skew))).toBeLessThan(5);
    expect(rest).toBe(`${direction} nodejs.org -> ${remedy}`);
  });

  test("a cache's old answer is no reason to doubt it", async () => {
    answering("*nodejs.org*", `HTTP/1.1 200 OK\\r\\nDate: ${at(-7200)}\\r\\nAge: 7200`);
    expect(await clock()).toEqual([expect.stringContaining("as nodejs.org says")]);
  });

  test("an answer without a time, or with nonsense in its place, tells nothing", async () => {
    answering("*", "HTTP/1.1 200 OK\\r\\nDate: $(touch /tmp/x) yesterday-ish");
    expect(await clock()).toEqual([expect.stringMatching(/^ {2}ok {4}clock +\d{4}-\d\d-\d\d$/)]);
  });
});
