// install.sh as a whole, on hosts made of files: see tests/support/host/bareHost.ts.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { APT, APT_INSTALL, BareHost, NPM_CI } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost();
});
afterEach(() => host.remove());

describe("the command line", () => {
  test("--help tells the options and touches nothing", async () => {
    const { code, output, changes } = await host.install(["--help"]);
    expect(code).toBe(0);
    expect(output).toMatch(/^usage: \.\/install\.sh \[--profile NAME\] \[--stack NAME\]/);
    expect(changes).toEqual([]);
    expect(readdirSync(host.home)).toEqual([]);
  });

  const accepted = "--profile, --stack, --images, --yes, --dry-run, --check, --json, --help";
  test.each([
    [
      ["--profle", "x"],
      `unknown option "--profle". Did you mean "--profile"? Accepted: ${accepted}`,
    ],
    [["gpu"], `unknown option "gpu". Accepted: ${accepted}`],
    [["--stack"], "--stack needs a value. See ./install.sh --help"],
    [
      ["--stack", "a b"],
      '"a b" cannot be a stack\'s name. Use letters, digits, dashes, dots and underscores',
    ],
    [
      ["--images=regstry"],
      '--images cannot be "regstry". Did you mean "registry"? Accepted: auto, registry, archive, build',
    ],
    [
      ["--profile", "minimla"],
      'there is no profile "minimla". Did you mean "minimal"? Accepted: minimal',
    ],
    [
      ["--profile", "../minimal"],
      'there is no profile "../minimal". Did you mean "minimal"? Accepted: minimal',
    ],
  ])("%j is told in one message, exit 2", async (args, message) => {
    const { code, output, changes } = await host.install(args);
    expect(output).toBe(`install.sh: ${message}`);
    expect(code).toBe(2);
    expect(changes).toEqual([]);
  });
});

describe("installing", () => {
  test("on a bare host: packages, Docker, Node, then aistack with the options", async () => {
    const { code, output, changes } = await host.install([
      "--profile=minimal",
      "--stack",
      "lab",
      "-y",
    ]);
    expect(output).toMatch(/\nLog: .*install\.log$/);
    expect(changes).toEqual([
      `${APT} update`,
      "dpkg --configure -a",
      "dpkg --audit",
      `${APT_INSTALL} curl iproute2 nodejs npm`,
      `${APT_INSTALL} docker.io iptables`,
      "systemctl enable --now docker",
      ...host.accounts,
      NPM_CI,
      "aistack install --profile minimal --stack lab --yes",
    ]);
    expect(code).toBe(0);
  });

  test("packages that a killed installation left half-done are mended first", async () => {
    host.write("dpkg-audit", "The following packages are only half configured: npm\n");
    const { changes } = await host.install(["--yes"]);
    expect(changes[3]).toBe(`${APT} --fix-broken install --yes --no-install-recommends`);
    expect(changes[4]).toBe(`${APT_INSTALL} curl iproute2 nodejs npm`);
  });

  test("a second run asks neither network nor packages, and leaves the packages alone", async () => {
    await host.install(["--yes"]);
    mkdirSync(join(host.home, ".cache/aistack/artifacts/pulumi-home-0123456789abcdef"), {
      recursive: true,
    });
    writeFileSync(join(host.folder, "images"), "0a1b2c\n");
    host.command("curl", "exit 6");
    const { code, changes, output } = await host.install(["--yes"]);
    expect(changes).toEqual(["aistack install --yes"]);
    expect(output).not.toContain("Network:");
    expect(output).toContain("This host is ready; nothing on it had to be changed.\n");
    expect(code).toBe(0);
  });

  test("other packages in the lock file are installed", async () => {
    await host.install(["--yes"]);
    writeFileSync(join(host.checkout, "package-lock.json"), "{}");
    const { changes } = await host.install(["--yes"]);
    expect(changes).toEqual([NPM_CI, "aistack install --yes"]);
  });

  test("an npm that fails is told by its errors, and the next run begins again", async () => {
    host.withPackages();
    const npm = readFileSync(join(host.folder, "later/tools/npm"), "utf8").replace(
      "#!/bin/sh\n",
      "",
    );
    host.command(
      "npm",
      `[ "$1" = --version ] && echo 11.0.0 || { echo noise; echo "npm error 404 gone"; exit 1; }`,
      false,
    );
    const failed = await host.install(["--yes"]);
    expect(failed.output).toContain("    npm error 404 gone");
    expect(failed.output).not.toContain("noise");
    expect(failed.output).toContain(
      "npm could not install the packages. Mend what it says above and run this again",
    );
    expect(failed.code).toBe(1);
    host.command("npm", npm, false);
    expect((await host.install(["--yes"])).changes).toEqual([NPM_CI, "aistack install --yes"]);
  });

  test.each([
    ["of its own under nohup: Node would die of the HUP that the shell sends to its jobs", true],
    ["of the terminal's otherwise: Ctrl+C is to reach it", false],
  ])("npm runs in a session %s", async (_what, nohup) => {
    const npm = readFileSync(join(host.folder, "later/tools/npm"), "utf8");
    const note = `read -r pid _ _ _ _ session _ </proc/$$/stat; [ "$1" != ci ] || echo "$pid $session" >"${host.folder}/session"`;
    host.later(
      "npm",
      npm.replace("#!/bin/sh", () => note),
      false,
    );
    const install = join(host.checkout, "install.sh");
    const [command = install, ...args] = [...(nohup ? ["nohup"] : []), install, "--yes"];
    const { code, changes } = await host.run(command, args, { AISTACK_ROOT: host.root });
    expect(code).toBe(0);
    expect(changes.slice(-2)).toEqual([NPM_CI, "aistack install --yes"]);
    const [pid, session] = readFileSync(join(host.folder, "session"), "utf8").trim().split(" ");
    expect(session).toMatch(/^\d+$/);
    expect(pid === session).toBe(nohup);
  });

  test("a Node that is too old for the packages only fetches a newer npm", async () => {
    host.withPackages().command("node", "echo v18.19.0", false);
    const npm = join(host.folder, "npm-cli");
    // What the old npm fetches: a Node that runs npm's script, which tells that it was called.
    const machine = process.arch === "arm64" ? "arm64" : "x64";
    host.command(
      "npm",
      `[ "$1" = --version ] && echo 9.2.0 && exit
      echo "npm $*" >>"${host.folder}/calls"
      mkdir -p node_modules/node-linux-${machine}/bin node_modules/npm/bin
      touch node_modules/npm/bin/npm-cli.js
      printf '#!/bin/sh\\n[ "$1" = --version ] || { shift; echo "newer npm $*" >>"${host.folder}/calls"; }\\nmkdir -p node_modules/.bin; cp "$0" node_modules/.bin/node\\n' >node_modules/node-linux-${machine}/bin/node
      chmod +x node_modules/node-linux-${machine}/bin/node`,
      false,
    );
    const { code, changes } = await host.install(["--yes"]);
    expect(changes).toEqual([...host.accounts, NPM_CI, `newer ${NPM_CI}`, "aistack install --yes"]);
    expect(code).toBe(0);
    expect(existsSync(npm)).toBe(false);
  });

  test("its exit code is that of aistack", async () => {
    host.withPackages();
    writeFileSync(
      join(host.checkout, "aistack"),
      "#!/bin/sh\necho told; echo warned >&2; exit 4\n",
    );
    const { code, output } = await host.install([]);
    expect(output).toContain("told\n");
    expect(output).toContain("warned\n");
    expect(code).toBe(4);
  });

  test("a dry run installs nothing, and tells what it would", async () => {
    const { code, output, changes } = await host.install(["--dry-run"]);
    expect(output).toContain(
      "Would set up the user aistack and its folders.\nWould install: curl iproute2 nodejs npm Docker.\nWould start Docker.\n",
    );
    expect(code).toBe(4);
    expect(changes).toEqual([]);
  });

  test("a dry run on a host that has everything is aistack's", async () => {
    const { changes } = await host.withPackages().install(["--dry-run"]);
    expect(changes).toEqual([NPM_CI, "aistack install --dry-run"]);
  });
});
