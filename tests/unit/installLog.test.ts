// Log, events and lock of install.sh, on hosts made of files: see tests/support/host/bareHost.ts.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BareHost } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost();
});
afterEach(() => host.remove());

describe("log and lock", () => {
  test("everything is in a log that only its owner reads; the one before it stays", async () => {
    host.withPackages();
    const first = await host.install(["--yes"], { XDG_STATE_HOME: join(host.folder, "state") });
    const log = join(host.folder, "state/aistack/install.log");
    expect(first.output).toMatch(new RegExp(`\\nLog: ${log}$`));
    expect(statSync(log).mode & 0o777).toBe(0o600);
    const text = readFileSync(log, "utf8");
    expect(text).toMatch(/^# \d{4}-\d\d-\d\dT.* install\.sh --yes\n/);
    expect(text).toContain("Checks of this host:\n");
    await host.install([], { XDG_STATE_HOME: join(host.folder, "state") });
    expect(readFileSync(`${log}.1`, "utf8")).toBe(text);
  });

  test("where no folder can be made for it, the log is a temporary file", async () => {
    const { code, output } = await host
      .withPackages()
      .install(["--yes"], { XDG_STATE_HOME: "/dev/null/x", TMPDIR: host.folder });
    const log = /\nLog: (.*)$/.exec(output)?.[1] ?? "";
    expect(log.startsWith(join(host.folder, "aistack-install."))).toBe(true);
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(code).toBe(0);
  });

  describe("planted by somebody else", () => {
    const state = () => join(host.home, ".local/state/aistack");
    const victim = () => join(host.folder, "victim");
    const logOf = (output: string) => /\nLog: (.*)$/.exec(output)?.[1] ?? "";

    test.each([
      "a symbolic link in the folder's place",
      "a folder above it that everybody may change",
      "a folder that others may write to",
    ])("%s: it is not used, and the log tells so", async (what) => {
      mkdirSync(join(host.home, ".local/state"), { recursive: true });
      mkdirSync(victim());
      if (what.startsWith("a symbolic")) symlinkSync(victim(), state());
      else mkdirSync(state());
      if (what.startsWith("a folder above")) chmodSync(join(host.home, ".local/state"), 0o777);
      if (what.startsWith("a folder that")) chmodSync(state(), 0o707);
      const { code, output } = await host
        .withPackages()
        .install(["--yes"], { TMPDIR: host.folder });
      const log = logOf(output);
      expect(dirname(dirname(log))).toBe(host.folder);
      expect(readFileSync(log, "utf8")).toContain(
        `No log in the usual place: others may change what is in ${state()}.\n`,
      );
      expect(readdirSync(victim())).toEqual([]);
      expect(readdirSync(state())).toEqual([]);
      expect(code).toBe(0);
    });

    test.each(["install.log", "bootstrap.jsonl"])(
      "a symbolic link in place of %s is removed, not written through",
      async (name) => {
        mkdirSync(state(), { recursive: true });
        writeFileSync(victim(), "");
        symlinkSync(victim(), join(state(), name));
        expect((await host.withPackages().install(["--yes"])).code).toBe(0);
        expect(readFileSync(victim(), "utf8")).toBe("");
        expect(lstatSync(join(state(), name)).isFile()).toBe(true);
      },
    );

    test("the temporary folder is new each time, and its owner's alone", async () => {
      host.withPackages();
      const run = async () =>
        dirname(
          logOf(
            (await host.install([], { XDG_STATE_HOME: "/dev/null/x", TMPDIR: host.folder })).output,
          ),
        );
      const folders = [await run(), await run()];
      expect(folders[0]).not.toBe(folders[1]);
      for (const folder of folders) expect(statSync(folder).mode & 0o777).toBe(0o700);
    });
  });

  test("HOME need not be set", async () => {
    host.withPackages().command("getent", `echo "root:x:0:0:root:${host.home}:/bin/bash"`, false);
    const { code, output } = await host.install(["--yes"], { HOME: "" });
    expect(output).toContain(`Log: ${host.home}/.local/state/aistack/install.log`);
    expect(code).toBe(0);
  });

  test("a second installation waits for the first, and says so", async () => {
    host.withPackages();
    const state = join(host.home, ".local/state/aistack");
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, "install.lock"), "4711\n");
    const holder = spawn("flock", [join(state, "install.lock"), "sh", "-c", "echo held; cat"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    await once(holder.stdout, "data");
    const waiting = host.install(["--yes"]);
    let ended = false;
    void waiting.then(() => {
      ended = true;
    });
    await sleep(1_000);
    expect(ended).toBe(false);
    holder.stdin.end();
    const { code, output } = await waiting;
    expect(output).toMatch(
      /^Another installation \(process 4711\) is running: waiting until it has ended\.\n/,
    );
    expect(code).toBe(0);
  });
});

describe("events", () => {
  test("the checks of every run are one line each, whatever they have seen", async () => {
    const name = Buffer.from('Fedora \\n \u0001\t "x" ü €\xff$(touch x)', "latin1");
    writeFileSync(
      join(host.root, "etc/os-release"),
      Buffer.concat([Buffer.from("ID=fedora\nPRETTY_NAME="), name, Buffer.from("\n")]),
    );
    await host.install();
    await host.install();
    const events = host.events();
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      level: "error",
      event: "bootstrap.checks",
      failed: 1,
      warned: 0,
    });
    expect(events[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(events[0]).toHaveProperty("checks[0]", {
      status: "fail",
      name: "distribution",
      seen: "Fedora \\n \u0001\t x  $(touch x) is not supported",
      remedy: "Use Debian 12 or 13, or Ubuntu 22.04 or 24.04",
    });
  });

  test("the file begins anew when it has grown to a megabyte; the one before it stays", async () => {
    const file = join(host.home, ".local/state/aistack/bootstrap.jsonl");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "x".repeat(1_048_577));
    await host.install(["--dry-run"]);
    expect(host.events()).toHaveLength(1);
    expect(statSync(`${file}.1`).size).toBe(1_048_577);
  });

  /** What the shell makes of texts. */
  const encode = (values: readonly Uint8Array[]) => {
    const script = `. "$1"; while IFS= LC_ALL=C read -r -d '' text; do json "$text"; echo; done`;
    const file = join(host.checkout, "scripts/host/events.sh");
    const { stdout } = spawnSync("bash", ["-c", script, "bash", file], {
      env: { ...process.env, LC_ALL: "C.UTF-8" },
      input: Buffer.concat(values.flatMap((value) => [value, Buffer.of(0)])),
    });
    const lines = new TextDecoder("utf-8", { fatal: true }).decode(stdout).split("\n");
    expect(lines.pop()).toBe("");
    return lines.map((line) => JSON.parse(line) as unknown);
  };

  test("any text is a JSON string of the same text", () => {
    const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", ""));
    fc.assert(
      fc.property(fc.array(text, { minLength: 20 }), (texts) => {
        expect(encode(texts.map((value) => Buffer.from(value)))).toEqual(texts);
      }),
      { numRuns: 5 },
    );
  });

  test("any bytes are a JSON string", () => {
    const bytes = fc.uint8Array({ min: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 20 }), (values) => {
        const texts = encode(values);
        expect(texts).toHaveLength(values.length);
        expect(texts.every((text) => typeof text === "string")).toBe(true);
      }),
      { numRuns: 5 },
    );
  });
});
