import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBaselineScript, readHostScripts } from "../../host/hostScripts";
import { ownDropInFolders } from "../../plan/dropIns";
import { renderHostScript } from "../../plan/hostScript";
import { Machine } from "../support/systemd/machine";

const UNIT = "probe.service";
const FILE = `/etc/systemd/system/${UNIT}`;
const LINK = `/etc/systemd/system/multi-user.target.wants/${UNIT}`;
const DROP_IN = `${FILE}.d/root.conf`;

/** Holds a log open, as the agent does, in folders that systemd lets it write to. */
const service = (command = "exec >>/var/log/probe/log; exec sleep infinity") =>
  `[Service]
User=probe
LogsDirectory=probe
StateDirectory=probe
NoNewPrivileges=yes
ProtectSystem=strict
ExecStart=/bin/sh -c '${command}'
Type=exec
Restart=on-failure
RestartSec=100ms
[Install]
WantedBy=multi-user.target
`;

/** assets/shell/host under a real systemd, as its resources run them, without the engine around them. */
describe("scripts of a unit", () => {
  let machine: Machine;
  const folder = mkdtempSync(join(tmpdir(), "aistack-scripts-"));

  beforeAll(async () => {
    machine = await Machine.boot([folder]);
    await machine.shell(
      "useradd --system probe; mkdir -p /etc/systemd/system/multi-user.target.wants",
    );
    await makeFolders();
  });
  afterAll(async () => {
    await machine?.shutDown();
    rmSync(folder, { recursive: true, force: true });
  });

  const makeFolders = () =>
    machine.shell("install -d -o probe -g probe -m 0750 /var/log/probe /var/lib/probe");
  /** @param args `create` as a new resource does, `create MARKER` as an updated one, `delete` */
  const run = (names: readonly string[], content: string, ...args: readonly string[]) => {
    const script = readHostScripts(["files", "systemd", "process", ...names]);
    const environment = {
      UNIT,
      FILE,
      LINK,
      CONTENT: content,
      MODE: "0644",
      OWNER: "root:root",
      ROOT: "",
      GPUS: "yes",
      RUNNING: "yes",
      READS: "",
      WRITES: "/var/lib/probe\n/var/log/probe",
      DROP_INS: ownDropInFolders("", UNIT).join("\n"),
      RECORDS: "/etc/records",
      SET_ASIDE: "/etc/aside",
    };
    return runScript(renderHostScript({ create: script, delete: script, environment }), args);
  };
  const runScript = (text: string, args: readonly string[]) => {
    writeFileSync(join(folder, "script"), text);
    return machine.run(["sh", "-c", `exec sh -s "$@" <${folder}/script`, "sh", ...args]);
  };
  const create = (content = service()) => run(["unit"], content, "create");
  const update = (content = service()) => run(["unit"], content, "create", "marker");
  const life = () => machine.property(UNIT, "InvocationID");
  const status = async (field: string) => {
    const pid = await machine.property(UNIT, "MainPID");
    return machine.shell(`sed -n 's/^${field}:\\t//p' /proc/${pid}/status`);
  };
  const QUIET = { code: 0, output: "" };

  it("first up: it runs, and a second run starts nothing anew", async () => {
    expect(await create()).toMatchObject(QUIET);
    const before = await life();
    expect(await status("NoNewPrivs")).toBe("1");
    expect(await update()).toMatchObject(QUIET);
    expect(await life()).toBe(before);
  });

  it("drift: a drop-in that gave it root's rights is moved away, and it starts anew without", async () => {
    await machine.shell(
      `mkdir ${FILE}.d; printf '[Service]\\nUser=root\\nNoNewPrivileges=no\\n' >${DROP_IN}
      systemctl daemon-reload; systemctl restart ${UNIT}`,
    );
    const before = await life();
    expect(await status("NoNewPrivs")).toBe("0");
    const { code, output } = await update();
    expect(code).toBe(0);
    expect(output).toMatch(
      new RegExp(
        `^${DROP_IN} altered ${UNIT}; it was moved to /etc/aside/${UNIT}\\.root\\.conf\\.`,
      ),
    );
    expect(await life()).not.toBe(before);
    expect(await status("NoNewPrivs")).toBe("1");
    const uid = await machine.shell("id -u probe");
    expect((await status("Uid")).split("\t")).toEqual([uid, uid, uid, uid]);
  });

  it("drift: folders that were deleted and made anew are written to again", async () => {
    for (const change of [
      "rm -r /var/log/probe",
      "rm -r /var/lib/probe",
      "mv /var/log/probe /var/log/probe.old",
    ]) {
      const before = await life();
      await machine.shell(change);
      await makeFolders();
      expect(await update(), change).toMatchObject(QUIET);
      expect(await life(), change).not.toBe(before);
      const pid = await machine.property(UNIT, "MainPID");
      expect(await machine.shell(`readlink /proc/${pid}/fd/1`)).toBe("/var/log/probe/log");
      expect(await machine.shell("stat -c %U /var/log/probe/log")).toBe("probe");
    }
    const before = await life();
    expect(await update()).toMatchObject(QUIET);
    expect(await life()).toBe(before);
  });

  it("update that does not start: told, and left to be mended, since it is in the state", async () => {
    const { code, output } = await update(service("exit 3").replace("exec", "notify"));
    expect(code).toBe(1);
    expect(output).toContain(`${UNIT} does not start. Its last log lines:\n`);
    expect(await machine.shell(`ls ${FILE} ${LINK}`)).toBe(`${LINK}\n${FILE}`);
    expect(await update()).toMatchObject(QUIET);
    expect(await machine.property(UNIT, "ActiveState")).toBe("active");
  });

  it("destroy: nothing of it is left", async () => {
    expect(await run(["unit-remove"], service(), "delete")).toMatchObject(QUIET);
    expect(await machine.shell(`ls ${FILE} ${LINK} /etc/records/* 2>/dev/null || true`)).toBe("");
    expect(await machine.property(UNIT, "LoadState")).toBe("not-found");
  });

  it("destroy beside containers with GPUs: told that they may lose them", async () => {
    await machine.shell(
      "printf '#!/bin/sh\\necho 0123\\n' >/usr/local/bin/docker; chmod +x /usr/local/bin/docker",
    );
    expect(await create()).toMatchObject(QUIET);
    expect(await run(["unit-remove"], service(), "delete")).toMatchObject({
      code: 0,
      output: `systemd has read its units anew without ${UNIT}, by which containers lose GPUs that they got by NVIDIA's runtime. Ask them: aistack gpu-check; and start those without anew: aistack restart`,
    });
    await machine.shell("rm /usr/local/bin/docker");
  });

  it("first up that does not start: nothing of it is left, since it is in no state", async () => {
    const { code, output } = await create(service("exit 3").replace("exec", "notify"));
    expect(code).toBe(1);
    expect(output).toContain(`See all of them with: journalctl --unit ${UNIT}`);
    expect(await machine.shell(`ls ${FILE} ${LINK} /etc/records/* 2>/dev/null || true`)).toBe("");
    expect(await machine.property(UNIT, "LoadState")).toBe("not-found");
    expect(await machine.property(UNIT, "ActiveState")).toBe("inactive");
  });

  it("the baseline: a person's account of the same name is refused, and stays as it is", async () => {
    await machine.shell(
      "groupadd docker 2>/dev/null || true; useradd --uid 1500 --groups docker --shell /bin/bash aistack",
    );
    const account = () =>
      machine.shell("getent passwd aistack; id -nG aistack; ls -d /etc/aistack 2>&1 || true");
    const before = await account();
    const environment = { ROOT: "", DOCKER_GROUP: "no", FOLDERS: "0755 root root /etc/aistack/x" };
    const script = {
      create: readBaselineScript(),
      delete: readHostScripts(["baseline-remove"]),
      environment,
    };
    expect(await runScript(renderHostScript(script), ["create"])).toMatchObject({
      code: 1,
      output:
        "user aistack is no system user (its number is 1500). Rename that user (usermod --login OTHER aistack), so that aistack can have one of its own",
    });
    expect(await runScript(renderHostScript(script), ["delete"])).toMatchObject(QUIET);
    expect(await account()).toBe(before);
  });
});
