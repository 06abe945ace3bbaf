import { describe, expect, test } from "vitest";
import { resolveHostLayer } from "../../plan/hostDrift";
import { parseHostFileFacts } from "../../plan/hostFileFacts";
import { checkHostLayer } from "../../plan/hostLayerProblems";
import {
  factsOf,
  type HostLines,
  installedLines,
  planLayer,
  unitLines,
  userLine,
} from "../support/plan/hostLayer";

const NOW = new Date("2026-11-25T12:00:00.000Z");
const AT = " at 2026-11-25T12:00:00.000Z";
const SPEC = planLayer();
const OTHER = "0".repeat(64);

const AGENT = "/etc/systemd/system/aistack-agent.service";
const TIMER = "/etc/systemd/system/aistack-idle.timer";
const CONFIG = "/etc/aistack/agent.json";
const EXECUTABLE = "/usr/local/lib/aistack/aistack-agent";

/** What is seen after a change of the host, part by part; those in sync are left out. */
function seen(change: (lines: HostLines) => void, spec = SPEC) {
  const lines = installedLines(SPEC);
  change(lines);
  const { observed, drift } = resolveHostLayer(spec, factsOf(lines), NOW);
  const { units, ...others } = observed;
  const parts = [
    ...Object.entries(others),
    ...units.map(({ unit, observed: one }) => [unit.name, one] as const),
  ];
  for (const [, { inSync, text }] of parts) expect(inSync).toBe(text === "in sync");
  const differing = parts.filter(([, { inSync }]) => !inSync);
  return { drift, ...Object.fromEntries(differing.map(([name, { text }]) => [name, text])) };
}

const file = (path: string, mode: string, user = "root", group = "root", type = "f", target = "") =>
  `entry\t${path}\t${type}\t${mode}\t${user}\t${group}\t${target}`;

describe("drift of a host's files and units", () => {
  test("there is none where everything is as it was installed", () => {
    expect(seen(() => {})).toEqual({ drift: [] });
  });

  test.each<[string, (lines: HostLines) => void, Record<string, string>, string[]]>([
    [
      "an edited unit, of which systemd knows nothing yet",
      (lines) => {
        lines.set(`sha256 ${AGENT}`, `sha256\t${AGENT}\t${OTHER}`);
        lines.set(
          "unit aistack-agent.service",
          unitLines("aistack-agent.service", "active", { NeedDaemonReload: "yes" }),
        );
      },
      { "aistack-agent.service": "was edited" },
      ["unit aistack-agent.service was edited"],
    ],
    [
      "a deleted unit; what systemd makes of it is not told as well",
      (lines) => {
        for (const of of ["", "sha256 "]) lines.delete(`${of}${AGENT}`);
        lines.set(
          "unit aistack-agent.service",
          unitLines("aistack-agent.service", "inactive", {
            LoadState: "not-found",
            FragmentPath: "",
          }),
        );
      },
      { "aistack-agent.service": "is missing" },
      ["unit aistack-agent.service is missing"],
    ],
    [
      "a masked unit",
      (lines) => {
        lines.set(TIMER, file(TIMER, "777", "root", "root", "l", "/dev/null"));
        lines.delete(`sha256 ${TIMER}`);
        lines.set(
          "unit aistack-idle.timer",
          unitLines("aistack-idle.timer", "inactive", { LoadState: "masked" }),
        );
      },
      { "aistack-idle.timer": "is masked; is not running (inactive)" },
      ["unit aistack-idle.timer is masked", "unit aistack-idle.timer is not running (inactive)"],
    ],
    [
      "a disabled unit",
      (lines) => lines.delete("/etc/systemd/system/timers.target.wants/aistack-idle.timer"),
      { "aistack-idle.timer": "is disabled" },
      ["unit aistack-idle.timer is disabled"],
    ],
    [
      "a unit that was stopped, one that failed",
      (lines) => {
        lines.set("unit aistack-agent.service", unitLines("aistack-agent.service", "failed"));
        lines.set("unit aistack-idle.timer", unitLines("aistack-idle.timer", "inactive"));
      },
      {
        "aistack-agent.service": "is not running (failed)",
        "aistack-idle.timer": "is not running (inactive)",
      },
      [
        "unit aistack-agent.service is not running (failed)",
        "unit aistack-idle.timer is not running (inactive)",
      ],
    ],
    [
      "a drop-in, of this unit alone",
      (lines) =>
        lines.set(
          "drop-in",
          `drop-in\t${AGENT}.d/a.conf\ndrop-in\t/run/systemd/system/other.service.d/b.conf`,
        ),
      { "aistack-agent.service": `has a drop-in that is not aistack's: ${AGENT}.d/a.conf` },
      [`unit aistack-agent.service has a drop-in that is not aistack's: ${AGENT}.d/a.conf`],
    ],
    [
      "a unit that systemd has loaded from elsewhere",
      (lines) =>
        lines.set(
          "unit aistack-idle.service",
          unitLines("aistack-idle.service", "inactive", {
            FragmentPath: "/run/systemd/transient/aistack-idle.service",
          }),
        ),
      {
        "aistack-idle.service": "is loaded from /run/systemd/transient/aistack-idle.service",
      },
      ["unit aistack-idle.service is loaded from /run/systemd/transient/aistack-idle.service"],
    ],
    [
      "a unit whose file is right but not loaded",
      (lines) =>
        lines.set(
          "unit aistack-idle.service",
          unitLines("aistack-idle.service", "inactive", { NeedDaemonReload: "yes" }),
        ),
      { "aistack-idle.service": "is another one than systemd has loaded" },
      ["unit aistack-idle.service is another one than systemd has loaded"],
    ],
    [
      "mode and owner of a file",
      (lines) => lines.set(CONFIG, file(CONFIG, "666", "nobody", "nogroup")),
      { config: "has mode 0666, not 0640; belongs to nobody:nogroup, not root:aistack" },
      [
        `file ${CONFIG} has mode 0666, not 0640`,
        `file ${CONFIG} belongs to nobody:nogroup, not root:aistack`,
      ],
    ],
    [
      "an edited configuration: what has read it has to look again",
      (lines) => lines.set(`sha256 ${CONFIG}`, `sha256\t${CONFIG}\t${OTHER}`),
      {
        config: "was edited",
        "aistack-agent.service": `reads ${CONFIG}, which changes`,
      },
      [`file ${CONFIG} was edited`],
    ],
    [
      "another executable",
      (lines) => lines.set(`sha256 ${EXECUTABLE}`, `sha256\t${EXECUTABLE}\t${OTHER}`),
      {
        executable: "was edited",
        "aistack-agent.service": `reads ${EXECUTABLE}, which changes`,
      },
      [`file ${EXECUTABLE} was edited`],
    ],
    [
      "a file that became a link",
      (lines) => lines.set(CONFIG, file(CONFIG, "777", "root", "root", "l", "/etc/shadow")),
      {
        config: "is a symbolic link to /etc/shadow",
        "aistack-agent.service": `reads ${CONFIG}, which changes`,
      },
      [`file ${CONFIG} is a symbolic link to /etc/shadow`],
    ],
    [
      "a file that became a folder, a folder that became a pipe",
      (lines) => {
        lines.set(
          "/etc/logrotate.d/aistack",
          file("/etc/logrotate.d/aistack", "755", "root", "root", "d"),
        );
        lines.set("/var/log/aistack", file("/var/log/aistack", "644", "root", "root", "p"));
      },
      {
        rotation: "is no file",
        baseline: "is no directory",
        "aistack-agent.service": "writes to /var/log/aistack, which is made anew",
      },
      ["directory /var/log/aistack is no directory", "file /etc/logrotate.d/aistack is no file"],
    ],
    [
      "folders: deleted, open to everybody, somebody else's",
      (lines) => {
        lines.delete("/var/log/aistack/metrics");
        lines.set("/var/log/aistack", file("/var/log/aistack", "1777", "aistack", "aistack", "d"));
        lines.set("/var/lib/aistack", file("/var/lib/aistack", "750", "root", "aistack", "d"));
      },
      {
        baseline:
          "belongs to root:aistack, not aistack:aistack; has mode 1777, not 0750; is missing",
        "aistack-agent.service": "writes to /var/log/aistack/metrics, which is made anew",
      },
      [
        "directory /var/lib/aistack belongs to root:aistack, not aistack:aistack",
        "directory /var/log/aistack has mode 1777, not 0750",
        "directory /var/log/aistack/metrics is missing",
      ],
    ],
    [
      "a deleted folder that the agent has files in: it goes on writing to those",
      (lines) => lines.delete("/var/lib/aistack"),
      {
        baseline: "is missing",
        "aistack-agent.service": "writes to /var/lib/aistack, which is made anew",
      },
      ["directory /var/lib/aistack is missing"],
    ],
    [
      "a folder that somebody else made anew meanwhile, such as systemd for the idle check",
      (lines) => lines.set("lost", "lost\taistack-agent.service\t/var/log/aistack"),
      {
        "aistack-agent.service":
          "no longer writes to /var/log/aistack, which was made anew since it started",
      },
      [
        "unit aistack-agent.service no longer writes to /var/log/aistack, which was made anew since it started",
      ],
    ],
    [
      "the account is gone, with its group",
      (lines) => {
        for (const key of ["user", "group", "groups"]) lines.delete(key);
      },
      { baseline: "is missing; is missing" },
      ["user aistack is missing", "group aistack is missing"],
    ],
    [
      "the account can log in, and has another group than its own",
      (lines) => lines.set("user", userLine({ groupId: 100, shell: "/bin/bash" })),
      { baseline: "has another group than aistack; can log in (its shell is /bin/bash)" },
      [
        "user aistack has another group than aistack",
        "user aistack can log in (its shell is /bin/bash)",
      ],
    ],
    [
      "the account became root's equal",
      (lines) => lines.set("groups", "groups\taistack docker"),
      { baseline: "is in the group docker" },
      ["user aistack is in the group docker"],
    ],
  ])("%s", (_, change, observed, drift) => {
    const withTime = Object.fromEntries(
      Object.entries(observed).map(([part, text]) => [part, text + AT]),
    );
    expect(seen(change)).toEqual({ ...withTime, drift });
  });

  test.each([
    ["for all services", "/etc/systemd/system/service.d/a.conf"],
    ["for units that begin alike", "/run/systemd/system/aistack-.service.d/a.conf"],
  ])("a drop-in %s is told with what to do, and left to people", (_, path) => {
    const told = `is altered by ${path}, which may be for other units too, so it stays. Remove it, or hide it from this unit: ln -s /dev/null`;
    const units = ["aistack-agent.service", "aistack-idle.service"];
    expect(seen((lines) => lines.set("drop-in", `drop-in\t${path}\t`))).toEqual({
      drift: units.map(
        (unit) =>
          `unit ${unit} ${told} /etc/systemd/system/${unit}.d/a.conf; then systemctl daemon-reload, and systemctl restart ${unit}`,
      ),
    });
  });

  test("a drop-in that systemd has loaded from a folder that nobody looks into is told, a distribution's is not", () => {
    const generated = "/run/systemd/generator/aistack-agent.service.d/a b.conf";
    const loaded = `"${generated}" /usr/lib/systemd/system/service.d/10-timeout.conf`;
    const { drift } = seen((lines) =>
      lines.set(
        "unit aistack-agent.service",
        unitLines("aistack-agent.service", "active", { DropInPaths: loaded }),
      ),
    );
    expect(drift).toEqual([
      `unit aistack-agent.service is altered by ${generated}, which may be for other units too, so it stays. Remove it, or hide it from this unit: ln -s /dev/null ${AGENT}.d/a b.conf; then systemctl daemon-reload, and systemctl restart aistack-agent.service`,
    ]);
  });

  test("a drop-in for all services that a link hides from the unit alters the others alone", () => {
    const path = "/etc/systemd/system/service.d/a.conf";
    const hidden = `drop-in\t${AGENT}.d/a.conf\t/dev/null`;
    const { drift } = seen((lines) => lines.set("drop-in", `drop-in\t${path}\t\n${hidden}`));
    expect(drift.map((line) => line.split(",")[0])).toEqual([
      `unit aistack-idle.service is altered by ${path}`,
    ]);
  });

  test("a path that a terminal would act upon is told harmlessly", () => {
    expect(
      seen((lines) => lines.set("drop-in", `drop-in\t${AGENT}.d/\u001b[2J.conf`)).drift,
    ).toEqual([
      `unit aistack-agent.service has a drop-in that is not aistack's: ${AGENT}.d/\\u001b[2J.conf`,
    ]);
  });
});

describe("what is no drift", () => {
  test("a host on which nothing is yet: everything is made, nobody is blamed", () => {
    const { drift, ...parts } = seen((lines) => {
      const kept = ["access", "systemd", "logrotate"].map((key) => [key, lines.get(key) ?? ""]);
      lines.clear();
      for (const [key = "", line = ""] of kept) lines.set(key, line);
    });
    expect(drift).toEqual([]);
    expect(Object.keys(parts)).toEqual([
      "baseline",
      "claim",
      "executable",
      "config",
      "rotation",
      "aistack-agent.service",
      "aistack-idle.service",
      "aistack-idle.timer",
    ]);
  });

  test("a new configuration: the files are as they were last written", () => {
    const spec = planLayer({ agent: { enabled: true, heartbeatSeconds: 10 } });
    expect(seen(() => {}, spec)).toEqual({
      config: `has an earlier content${AT}`,
      "aistack-agent.service": `has an earlier content; reads ${CONFIG}, which changes${AT}`,
      drift: [],
    });
  });

  test("a unit that the configuration adds", () => {
    const { drift, ...parts } = seen((lines) => {
      for (const { path, link, name } of SPEC.units.slice(1)) {
        for (const key of [path, `sha256 ${path}`, `record ${path}`, link ?? "", `unit ${name}`])
          lines.delete(key);
      }
    });
    expect(drift).toEqual([]);
    expect(Object.keys(parts)).toEqual(["aistack-idle.service", "aistack-idle.timer"]);
  });

  test("but a file whose record is lost as well is told, since others are there", () => {
    const { drift } = seen((lines) => {
      for (const key of [...lines.keys()]) if (key.startsWith("record ")) lines.delete(key);
      for (const key of [CONFIG, `sha256 ${CONFIG}`]) lines.delete(key);
    });
    expect(drift).toEqual([`file ${CONFIG} is missing`]);
  });

  test("and a new configuration does not hide a changed mode", () => {
    const spec = planLayer({ agent: { enabled: true, heartbeatSeconds: 10 } });
    expect(
      seen((lines) => lines.set(CONFIG, file(CONFIG, "666", "root", "aistack")), spec).drift,
    ).toEqual([`file ${CONFIG} has mode 0666, not 0640`]);
  });
});

describe("under another root", () => {
  const spec = planLayer({ hostRoot: "/tmp/x" });

  test("owners, account and what systemd has loaded do not count", () => {
    const lines = installedLines(spec);
    for (const key of ["user", "group", "groups", "systemd", "logrotate"]) lines.delete(key);
    for (const { name } of spec.units) lines.delete(`unit ${name}`);
    expect(resolveHostLayer(spec, factsOf(lines), NOW).drift).toEqual([]);
    expect(checkHostLayer(spec, factsOf(lines), undefined)).toEqual([]);
  });

  test("links and modes do", () => {
    const lines = installedLines(spec);
    lines.delete("/tmp/x/etc/systemd/system/timers.target.wants/aistack-idle.timer");
    lines.set("/tmp/x/etc/aistack", file("/tmp/x/etc/aistack", "700", "me", "me", "d"));
    expect(resolveHostLayer(spec, factsOf(lines), NOW).drift).toEqual([
      "directory /tmp/x/etc/aistack has mode 0700, not 0750",
      "unit aistack-idle.timer is disabled",
    ]);
  });
});

test("a line that is none of the probe's is a bug", () => {
  expect(() => parseHostFileFacts("entry\t/a\td\nwhat\t?")).toThrow(
    "the probe of host files printed an unexpected line: what",
  );
});
