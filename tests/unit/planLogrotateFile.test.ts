import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RotationSpec, renderLogrotate } from "../../plan/logrotateFile";
import { problemsOf } from "../support/plan/problems";

const ROTATION: RotationSpec = {
  folder: "/var/log/x",
  ending: ".log",
  keep: 7,
  reopen: ["kill -USR1 1"],
};

const faults = (rotation: Partial<RotationSpec>) =>
  problemsOf(() => renderLogrotate("/etc/logrotate.d/x", [{ ...ROTATION, ...rotation }]));

describe("a file of logrotate's", () => {
  test("rotates daily, and the writer opens the new file", () => {
    expect(renderLogrotate("/etc/logrotate.d/x", [ROTATION])).toBe(`/var/log/x/*.log {
    daily
    rotate 7
    compress
    delaycompress
    missingok
    notifempty
    nocreate
    sharedscripts
    postrotate
        kill -USR1 1
    endscript
}
`);
  });

  test("has an owner, a greatest age and a greatest size where they are given", () => {
    const owner = { user: "aistack", group: "adm" };
    const text = renderLogrotate("x", [
      ROTATION,
      { ...ROTATION, folder: "/var/log/x/m", owner, maxAgeDays: 30, maxSizeMiB: 15 },
    ]);
    expect(text.split("\n\n")[1]).toBe(`/var/log/x/m/*.log {
    daily
    rotate 7
    maxage 30
    maxsize 15M
    compress
    delaycompress
    missingok
    notifempty
    su aistack adm
    nocreate
    sharedscripts
    postrotate
        kill -USR1 1
    endscript
}
`);
  });

  test.each([
    "/var/log/*",
    "/var/log/a?",
    "/var/log/[ab]",
    "/var/log/{a,b}",
    "/var/log/a b",
    "/var/log/a\n/etc/shadow",
    '/var/log/"a"',
    "/var/log/a'",
    "/var/log/a\\",
    "/var/log/#a",
    "var/log",
    "/var/log/",
    "",
  ])("refuses the folder %j", (folder) => {
    expect(faults({ folder })).toEqual([
      `/etc/logrotate.d/x: ${JSON.stringify(folder)}: is no folder that logrotate reads literally. Use an absolute path of letters, digits and . _ @ + -`,
    ]);
  });

  test.each<[Partial<RotationSpec>, string]>([
    [
      { ending: "*" },
      '"*" is no ending of a file\'s name. Write a dot and lower-case letters, such as .log',
    ],
    [
      { ending: "" },
      '"" is no ending of a file\'s name. Write a dot and lower-case letters, such as .log',
    ],
    [{ keep: 0 }, "the number of kept files is 0, which is no whole number of 1 or more"],
    [{ keep: 1.5 }, "the number of kept files is 1.5, which is no whole number of 1 or more"],
    [{ maxAgeDays: -1 }, "the greatest age is -1, which is no whole number of 1 or more"],
    [{ maxSizeMiB: Number.NaN }, "the greatest size is NaN, which is no whole number of 1 or more"],
    [{ owner: { user: "a b", group: "a" } }, '"a b" is no name of a user or group'],
    [{ owner: { user: "a", group: "a\nroot" } }, '"a\\nroot" is no name of a user or group'],
    [
      { reopen: ["true\nendscript"] },
      'the command "true\\nendscript" would end its script. Write each command on one line of its own',
    ],
    [
      { reopen: ["  endscript"] },
      'the command "  endscript" would end its script. Write each command on one line of its own',
    ],
  ])("refuses %j", (rotation, what) => {
    expect(faults(rotation)).toEqual([`/etc/logrotate.d/x: "/var/log/x": ${what}`]);
  });

  test("whatever the folder, it is taken literally or refused", () => {
    const [, ...lines] = renderLogrotate("x", [ROTATION]).split("\n");
    const unit = fc.constantFrom(..."abcZ09._@+-/ \n\t\0*?[]{}\"'\\#,%$é");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (text) => {
        const folder = `/${text}`;
        const literal = /^(?:\/[a-zA-Z0-9._@+-]+)+$/.test(folder);
        expect(faults({ folder })).toHaveLength(literal ? 0 : 1);
        if (!literal) return;
        expect(renderLogrotate("x", [{ ...ROTATION, folder }])).toBe(
          [`${folder}/*.log {`, ...lines].join("\n"),
        );
      }),
    );
  });
});
