// The user aistack and its folders: assets/shell/host-baseline.sh, by itself and through install.sh, on hosts
// made of files (tests/support/host/bareHost.ts). tests/e2e/hostBaseline.test.ts has the real accounts.
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BareHost, complaints, NPM_CI } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost();
});
afterEach(() => host.remove());

const FOLDERS = ["etc/aistack", "var/lib/aistack", "var/log/aistack"];
const path = (folder: string) => join(host.root, folder);
const baseline = (env: Record<string, string> = {}) =>
  host.run("sh", [join(host.checkout, "assets/shell/host-baseline.sh")], {
    ROOT: host.root,
    ...env,
  });
/** What it prints, line by line; it must have worked. */
const told = async (env: Record<string, string> = {}) => {
  const { code, output } = await baseline(env);
  expect(code).toBe(0);
  return output === "" ? [] : output.split("\n");
};
const accounts = (user: string, group = "aistack:x:990:") => {
  host.write("etc/passwd", `root:x:0:0::/root:/bin/bash\n${user}\n`);
  host.write("etc/group", `root:x:0:\n${group}\n`);
};

describe("the script", () => {
  test("makes user, group and folders once, and tells of each", async () => {
    expect(await told()).toEqual([
      "group aistack was missing: made",
      "user aistack was missing: made",
      ...FOLDERS.map((folder) => `${path(folder)} was missing: made`),
    ]);
    expect(FOLDERS.map((folder) => statSync(path(folder)).mode & 0o7777)).toEqual([
      0o750, 0o750, 0o750,
    ]);
    expect(FOLDERS.map((folder) => host.ownerOf(folder))).toEqual(["0:990", "991:990", "991:990"]);
    const { output, changes } = await baseline();
    expect([output, changes]).toEqual(["", []]);
  });

  test("mends owner and mode, and leaves what is in the folders alone", async () => {
    await baseline();
    host.write("var/lib/aistack/gpu_report.json", "{}");
    chmodSync(path("var/lib/aistack/gpu_report.json"), 0o604);
    chmodSync(path("etc/aistack"), 0o2777);
    appendFileSync(join(host.folder, "owners"), `${path("var/log/aistack")} 1000:1000\n`);
    const faults = [
      `${path("etc/aistack")} has owner and mode 0:990 2777 instead of 0:990 750`,
      `${path("var/log/aistack")} has owner and mode 1000:1000 750 instead of 991:990 750`,
    ];
    expect(await told({ CHECK: "yes" })).toEqual(faults);
    expect(statSync(path("etc/aistack")).mode & 0o7777).toBe(0o2777);
    expect(await told()).toEqual(
      faults.map((fault) => `${fault.replace(" has ", " had ")}: mended`),
    );
    expect(statSync(path("etc/aistack")).mode & 0o7777).toBe(0o750);
    expect(host.ownerOf("var/log/aistack")).toBe("991:990");
    expect(statSync(path("var/lib/aistack/gpu_report.json")).mode & 0o777).toBe(0o604);
    expect(await told()).toEqual([]);
  });

  test("makes and mends further folders, with whom they are to belong to", async () => {
    const FOLDERS =
      "0755 root root /usr/local/lib/aistack\n0750 aistack aistack /var/log/aistack/metrics";
    await baseline();
    const further = ["usr/local/lib/aistack", "var/log/aistack/metrics"];
    expect(await told({ FOLDERS })).toEqual(
      further.map((folder) => `${path(folder)} was missing: made`),
    );
    expect(further.map((folder) => statSync(path(folder)).mode & 0o7777)).toEqual([0o755, 0o750]);
    expect(further.map((folder) => host.ownerOf(folder))).toEqual(["0:0", "991:990"]);
    chmodSync(path("usr/local/lib/aistack"), 0o2777);
    expect(await told({ FOLDERS })).toEqual([
      `${path("usr/local/lib/aistack")} had owner and mode 0:0 2777 instead of 0:0 755: mended`,
    ]);
    expect(await told({ FOLDERS })).toEqual([]);
  });

  test("leaves accounts and owners alone where they are of no concern", async () => {
    expect(await told({ ACCOUNTS: "no" })).toEqual(
      FOLDERS.map((folder) => `${path(folder)} was missing: made`),
    );
    expect(existsSync(path("etc/passwd"))).toBe(false);
    expect(FOLDERS.map((folder) => host.ownerOf(folder))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    chmodSync(path("etc/aistack"), 0o700);
    appendFileSync(join(host.folder, "owners"), `${path("etc/aistack")} 7:8\n`);
    expect(await told({ ACCOUNTS: "no" })).toEqual([
      `${path("etc/aistack")} had owner and mode 7:8 700 instead of 7:8 750: mended`,
    ]);
    expect(host.ownerOf("etc/aistack")).toBe("7:8");
    expect(statSync(path("etc/aistack")).mode & 0o7777).toBe(0o750);
  });

  test("takes the login shell from the user, and gives it its group", async () => {
    await baseline();
    accounts("aistack:x:991:100::/var/lib/aistack:/bin/bash");
    const { output, changes } = await baseline();
    expect(output.split("\n")).toEqual([
      "user aistack had another group than aistack: mended",
      "user aistack could log in (its shell was /bin/bash): mended",
    ]);
    expect(changes).toEqual([
      `usermod --prefix ${host.root} --gid aistack aistack`,
      `usermod --prefix ${host.root} --shell /usr/sbin/nologin aistack`,
    ]);
  });

  describe("group docker", () => {
    const USER = "aistack:x:991:990::/var/lib/aistack:/usr/sbin/nologin";
    const member =
      "aistack:x:990:\ndocker:x:998:ada,aistack\nvideo:x:44:aistack\ngames:x:5:xaistack";
    const stranger = "aistack:x:990:\ndocker:x:998:ada";

    test.each<[string, string, string, string[], string[]]>([
      ["asked for", "yes", member, [], []],
      [
        "asked for",
        "yes",
        stranger,
        ["user aistack did not belong to the group docker: mended"],
        ["--append --groups docker aistack"],
      ],
      [
        "refused",
        "no",
        member,
        ["user aistack belonged to the group docker, whose members equal root: mended"],
        ["--groups video aistack"],
      ],
      ["refused", "no", stranger, [], []],
      ["left open", "", member, [], []],
      ["left open", "", stranger, [], []],
    ])("%s (%j)", async (_name, wanted, groups, lines, calls) => {
      await baseline();
      accounts(USER, groups);
      const { code, output, changes } = await baseline({ DOCKER_GROUP: wanted });
      expect(output).toBe(lines.join("\n"));
      expect(changes).toEqual(calls.map((call) => `usermod --prefix ${host.root} ${call}`));
      expect(code).toBe(0);
    });

    test("asked for where there is none is refused", async () => {
      await baseline();
      accounts(USER);
      const { code, output } = await baseline({ DOCKER_GROUP: "yes" });
      expect(output).toBe(
        "there is no group docker that user aistack could belong to. Install Docker first, or set aistack:agent.dockerGroup: false",
      );
      expect(code).toBe(1);
    });
  });

  test.each([0, 1000])("user number %i is somebody else's: nothing is given to it", async (uid) => {
    accounts(`aistack:x:${uid}:990::/home/aistack:/bin/bash`);
    const { code, output, changes } = await baseline();
    expect(output).toBe(
      `user aistack is no system user (its number is ${uid}). Rename that user (usermod --login OTHER aistack), so that aistack can have one of its own`,
    );
    expect(code).toBe(1);
    expect(changes).toEqual([]);
    expect(existsSync(path("var/log/aistack"))).toBe(false);
    expect(await told({ CHECK: "yes" })).toEqual([
      `user aistack is no system user (its number is ${uid})`,
    ]);
  });

  test("a symbolic link is not followed, a file not replaced; the rest is made", async () => {
    const victim = join(host.folder, "victim");
    mkdirSync(victim, { mode: 0o755 });
    mkdirSync(path("var/log"), { recursive: true });
    symlinkSync(victim, path("var/log/aistack"));
    host.write("var/lib/aistack", "mine");
    const { code, output } = await baseline();
    expect(output.split("\n").slice(2)).toEqual([
      `${path("etc/aistack")} was missing: made`,
      `${path("var/lib/aistack")} is not a folder. Move it away`,
      `${path("var/log/aistack")} is a symbolic link, which is not followed. Remove it, or mount the other place there`,
    ]);
    expect(code).toBe(1);
    expect(statSync(victim).mode & 0o777).toBe(0o755);
    expect(readdirSync(victim)).toEqual([]);
    expect(await told({ CHECK: "yes" })).toEqual([
      `${path("var/lib/aistack")} is not a folder`,
      `${path("var/log/aistack")} is a symbolic link, which is not followed`,
    ]);
  });
});

describe("install.sh", () => {
  test("sets them up, and leaves them alone from then on", async () => {
    host.withPackages();
    const { output, changes } = await host.install(["--yes"]);
    expect(output).toContain(
      "Setting up the user aistack and its folders:\n  group aistack was missing: made\n  user aistack was missing: made\n",
    );
    expect(changes).toEqual([...host.accounts, NPM_CI, "aistack install --yes"]);
    const again = await host.install(["--yes"]);
    expect(again.output).toContain("This host is ready; nothing on it had to be changed.\n");
    expect(again.changes).toEqual(["aistack install --yes"]);
  });

  test("mends them when they were changed", async () => {
    host.withPackages();
    await host.install(["--yes"]);
    chmodSync(path("var/log/aistack"), 0o777);
    const { output } = await host.install(["--yes"]);
    expect(output).toContain(
      `  ${path("var/log/aistack")} had owner and mode 991:990 777 instead of 991:990 750: mended\n`,
    );
  });

  test("ends where they cannot be mended", async () => {
    host.withPackages();
    mkdirSync(path("var/log"), { recursive: true });
    symlinkSync("/", path("var/log/aistack"));
    const { code, output } = await host.install(["--yes"]);
    expect(output).toContain(
      "The user aistack and its folders could not be set up. Mend what is told above and run this again",
    );
    expect(code).toBe(1);
  });

  test("puts them where the stack's hostRoot says", async () => {
    host.withPackages();
    const stack = join(host.checkout, "stacks/Pulumi.lab.yaml");
    writeFileSync(stack, "config:\n  aistack:hostRoot: /srv/test\n");
    await host.install(["--yes", "--stack", "lab"]);
    expect(existsSync(path("srv/test/var/log/aistack"))).toBe(true);
    expect(existsSync(path("var/log/aistack"))).toBe(false);
  });

  test("leaves this machine's Docker, memory, system and ports alone where the stack is another one's, and says so", async () => {
    host.withPackages().without("docker").without("dockerd").without("ss").without("useradd");
    host.write("etc/os-release", "ID=fedora\nVERSION_ID=41\n");
    host.write("proc/meminfo", "MemTotal: 1000000 kB\n");
    host.listen(11434, { pid: 812, name: "ollama" });
    const stack = join(host.checkout, "stacks/Pulumi.lab.yaml");
    writeFileSync(stack, "config:\n  aistack:host:\n    address: gpu1\n    user: root\n");
    const { code, output, changes } = await host.install(["--yes", "--stack", "lab"]);
    const names = [...output.matchAll(/^ {2}(?:ok|warn|FAIL) +(\w+)/gm)].map(([, name]) => name);
    expect(names).toEqual([
      ...["host", "architecture", "user", "checkout", "packages", "network", "clock", "disk"],
    ]);
    expect(output).toContain(
      "host          gpu1, over SSH: aistack install checks that one itself; this machine only runs it\n",
    );
    expect(changes).toEqual([NPM_CI, "aistack install --stack lab --yes"]);
    expect(code).toBe(0);
  });

  test("leaves them out where nobody may become root, and says so", async () => {
    host.withPackages("29.5.1").withUser(false);
    const { code, output, changes } = await host.install(["--yes"]);
    expect(complaints(output)).toEqual([
      "warn user ada may not become root, so the user aistack and its folders are left out -> Only services on the host itself need them: run ./install.sh as root for those",
    ]);
    expect(changes).toEqual([NPM_CI, "aistack install --yes"]);
    expect(code).toBe(0);
  });

  test("asks for sudo only where there is something to do", async () => {
    host.withPackages("29.5.1").withUser(true);
    const first = await host.install(["--yes"]);
    expect(first.changes.filter((call) => call.startsWith("sudo"))).toEqual([
      `sudo env ROOT=${host.root} sh ${host.checkout}/assets/shell/host-baseline.sh`,
    ]);
    const again = await host.install(["--yes"]);
    expect(again.changes).toEqual(["aistack install --yes"]);
  });

  test("needs the tools for accounts", async () => {
    host.withPackages("29.5.1").without("useradd");
    const { output } = await host.install(["--dry-run"]);
    expect(output).toContain("Would install: passwd.\n");
  });
});
