import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/e2e/workspace";

/** assets/shell/host-baseline.sh with the real tools for accounts, as root of a container that borrows this machine's /usr. */
describe("the user aistack and its folders", () => {
  const name = `t${randomBytes(3).toString("hex")}-baseline`;

  const run = async (command: string, ...options: string[]) => {
    const { all, exitCode } = await execa(
      "docker",
      ["exec", ...options, name, "sh", "-c", command],
      { all: true, reject: false },
    );
    return { code: exitCode, lines: all === "" ? [] : all.split("\n") };
  };
  const baseline = (env = "") => run(`${env} sh /checkout/assets/shell/host-baseline.sh`);
  const folders = async () =>
    (await run("stat -c '%U:%G %a %n' /etc/aistack /var/lib/aistack /var/log/aistack")).lines;
  const RIGHT = [
    "root:aistack 750 /etc/aistack",
    "aistack:aistack 750 /var/lib/aistack",
    "aistack:aistack 750 /var/log/aistack",
  ];

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "aistack-system-"));
    for (const made of ["etc", "tmp", "usr", "checkout", "var/lib", "var/log"])
      mkdirSync(join(folder, made), { recursive: true });
    for (const link of ["bin", "sbin", "lib", "lib64"])
      symlinkSync(`usr/${link}`, join(folder, link));
    const etc = (file: string, text: string) => writeFileSync(join(folder, "etc", file), text);
    etc("passwd", "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n");
    etc("group", "root:x:0:\nada:x:1000:\ndocker:x:990:ada\n");
    etc("shadow", "root:*:19000:0:99999:7:::\nada:*:19000:0:99999:7:::\n");
    const tar = ["--create", "--owner=0", "--group=0", "--directory", folder, "."];
    const { stdout } = await execa("tar", tar, { encoding: "buffer" });
    await execa("docker", ["import", "-", name], { input: stdout });
    rmSync(folder, { recursive: true });
    // Debian's and Ubuntu's awk is a link into /etc/alternatives.
    const mounts = [
      "/usr:/usr:ro",
      "/etc/alternatives:/etc/alternatives:ro",
      `${ROOT}:/checkout:ro`,
    ].flatMap((mount) => ["--volume", mount]);
    const options = ["--detach", "--network=none", "--name", name, ...mounts];
    await execa("docker", [
      "run",
      ...options,
      "--env=PATH=/usr/sbin:/usr/bin",
      name,
      "sleep",
      "600",
    ]);
  });
  afterAll(async () => {
    await execa("docker", ["rm", "--force", name]);
    await execa("docker", ["image", "rm", "--force", name]);
  });

  it("first up: a system user that cannot log in, folders for it alone", async () => {
    expect(await baseline()).toEqual({
      code: 0,
      lines: [
        "group aistack was missing: made",
        "user aistack was missing: made",
        "/etc/aistack was missing: made",
        "/var/lib/aistack was missing: made",
        "/var/log/aistack was missing: made",
      ],
    });
    expect(await folders()).toEqual(RIGHT);
    const [user] = (await run("getent passwd aistack")).lines;
    expect(user).toMatch(
      /^aistack:x:\d{3}:\d{3}:aistack services:\/var\/lib\/aistack:\/usr\/sbin\/nologin$/,
    );
    expect((await run("id -Gn aistack; getent shadow aistack | cut -d : -f 2")).lines).toEqual([
      "aistack",
      "!",
    ]);
  });

  it("second run: nothing is changed and nothing said, also by a user who may change nothing", async () => {
    expect(await baseline()).toEqual({ code: 0, lines: [] });
    const check = "CHECK=yes sh /checkout/assets/shell/host-baseline.sh";
    expect(await run(check, "--user", "ada")).toEqual({ code: 0, lines: [] });
  });

  it("drift: owner and mode are mended, for what is theirs alone", async () => {
    await run("chown ada:docker /etc/aistack /var/log/aistack; chmod 2777 /var/lib/aistack");
    await run("touch /var/lib/aistack/kept; chown ada /var/lib/aistack/kept");
    const { code, lines } = await baseline();
    expect(lines.map((line) => line.replace(/\b9\d\d\b/g, "N"))).toEqual([
      "/etc/aistack had owner and mode 1000:N 750 instead of 0:N 750: mended",
      "/var/lib/aistack had owner and mode N:N 2777 instead of N:N 750: mended",
      "/var/log/aistack had owner and mode 1000:N 750 instead of N:N 750: mended",
    ]);
    expect(code).toBe(0);
    expect(await folders()).toEqual(RIGHT);
    expect((await run("stat -c %U /var/lib/aistack/kept")).lines).toEqual(["ada"]);
  });

  it("killed between group and user, and with the accounts locked by it: the next run completes", async () => {
    await run("userdel aistack; groupadd --system aistack; rm -rf /etc/aistack");
    // No process has this number.
    await run("printf '4194303\\000' >/etc/passwd.lock");
    const { code, lines } = await baseline();
    expect(lines.filter((line) => line.endsWith("made"))).toEqual([
      "user aistack was missing: made",
      "/etc/aistack was missing: made",
    ]);
    expect(code).toBe(0);
    expect(await folders()).toEqual(RIGHT);
  });

  it("update: into the group docker where asked for, out of it again, other groups kept", async () => {
    await run("groupadd --system render; usermod --append --groups render aistack");
    const groups = async () => (await run("id -Gn aistack")).lines;
    expect((await baseline("DOCKER_GROUP=yes")).lines).toEqual([
      "user aistack did not belong to the group docker: mended",
    ]);
    expect((await groups())[0]?.split(" ").sort()).toEqual(["aistack", "docker", "render"]);
    expect((await baseline("DOCKER_GROUP=yes")).lines).toEqual([]);
    expect((await baseline()).lines).toEqual([]);
    expect((await baseline("DOCKER_GROUP=no")).lines).toEqual([
      "user aistack belonged to the group docker, whose members equal root: mended",
    ]);
    expect(await groups()).toEqual(["aistack render"]);
    expect((await run("getent group docker")).lines).toEqual(["docker:x:990:ada"]);
  });

  it("a login shell and a link that somebody put there: taken away, not followed", async () => {
    await run(
      "usermod --shell /bin/sh aistack; rm -r /var/log/aistack; ln -s /etc /var/log/aistack",
    );
    const { code, lines } = await baseline();
    expect(lines).toEqual([
      "user aistack could log in (its shell was /bin/sh): mended",
      "/var/log/aistack is a symbolic link, which is not followed. Remove it, or mount the other place there",
    ]);
    expect(code).toBe(1);
    expect((await run("stat -c '%U %a' /etc")).lines).toEqual(["root 755"]);
  });

  it("root's log goes nowhere that another user could exchange", async () => {
    await run("mkdir -p /tmp/hers/aistack /var/own/aistack; chown ada /tmp/hers; chmod 1777 /tmp");
    const is = (folder: string) =>
      run(`bash -c '. /checkout/scripts/host/state.sh; is_private ${folder}'`);
    expect((await is("/var/own/aistack")).code).toBe(0);
    expect((await is("/tmp/hers/aistack")).code).toBe(1);
    await run("chown ada /var/own/aistack; mkdir -p /tmp/ours/aistack");
    expect((await is("/var/own/aistack")).code).toBe(1);
    expect((await is("/tmp/ours/aistack")).code).toBe(0);
  });
});
